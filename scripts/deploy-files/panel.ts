import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  type DataSourceRef,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  ReduceDataOptionsBuilder,
  TooltipDisplayMode,
  VisibilityMode,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { ThresholdsConfigBuilder, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StatesBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as LinesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** The legend of each series, in which `{{label}}` is a label of it, and the expression. */
type Queries = Readonly<Record<string, string>>;

/** What a panel shows. */
export interface PanelPlan {
  readonly title: string;
  /** What it means, in a sentence. */
  readonly about: string;
  /** As Grafana calls it. */
  readonly unit?: string;
  readonly queries: Queries;
  /** From this value on it is red. */
  readonly bad?: number;
}

/** The last values, large. */
export function stat(plan: PanelPlan): StatBuilder {
  return furnished(new StatBuilder(), plan)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .graphMode(BigValueGraphMode.None)
    .colorMode(plan.bad === undefined ? BigValueColorMode.None : BigValueColorMode.Value)
    .textMode(BigValueTextMode.ValueAndName)
    .height(5)
    .span(4);
}

/** Values over time. */
export function lines(plan: PanelPlan): LinesBuilder {
  const style = plan.bad === undefined ? GraphThresholdsStyleMode.Off : GraphThresholdsStyleMode.Dashed;
  return furnished(new LinesBuilder(), plan)
    .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(style))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
    .min(0)
    .fillOpacity(10)
    .height(7)
    .span(8);
}

/** Which of the series are there at which time: one bar each. */
export function states(plan: PanelPlan): StatesBuilder {
  return furnished(new StatesBuilder(), plan).showValue(VisibilityMode.Never).height(8).span(12);
}

function furnished<B extends StatBuilder | LinesBuilder | StatesBuilder>(builder: B, plan: PanelPlan): B {
  const { title, about, unit = 'none', queries, bad } = plan;
  builder.title(title).description(about).unit(unit).datasource(dataSource).thresholds(thresholds(bad));
  for (const [at, [legend, expr]] of Object.entries(queries).entries()) {
    builder.withTarget(
      new DataqueryBuilder()
        .expr(expr)
        .legendFormat(legend)
        .refId(String.fromCharCode(65 + at)),
    );
  }
  return builder;
}

/** The one that is chosen at the top of the dashboard. */
export const dataSource: DataSourceRef = { type: 'prometheus', uid: '${datasource}' };

function thresholds(bad: number | undefined): ThresholdsConfigBuilder {
  const good = { value: null, color: 'green' };
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(bad === undefined ? [good] : [good, { value: bad, color: 'red' }]);
}

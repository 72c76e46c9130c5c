import {
  DashboardBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { deliveryRows } from './delivery-rows.ts';
import { dataSource } from './panel.ts';
import { syncRows } from './sync-rows.ts';

/** Where the dashboard is kept, from the root of the repository. */
export const dashboardPath = 'deploy/grafana/cronsync.json';

/** The dashboard of Grafana: everything that the metrics of a sync and of its daemons say. */
export function dashboard(): string {
  const builder = new DashboardBuilder('cronsync')
    .uid('cronsync')
    .description('Where each sync stands. Made by "npm run docs"; change scripts/deploy-files.')
    .tags(['cronsync'])
    .time({ from: 'now-6h', to: 'now' })
    .refresh('30s')
    .timezone('browser')
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .withVariable(
      new QueryVariableBuilder('sync')
        .label('Sync')
        .query('label_values(cronsync_build_info, sync)')
        .datasource(dataSource)
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .sort(VariableSort.AlphabeticalAsc)
        .multi(true)
        .includeAll(true)
        .allValue('.+'),
    );
  const parts = Object.entries({ ...syncRows, ...deliveryRows }).flatMap(([title, panels]) => [
    new RowBuilder(title),
    ...panels,
  ]);
  for (const [at, part] of parts.entries()) {
    if (part instanceof RowBuilder) builder.withRow(part.id(at + 1));
    else builder.withPanel(part.id(at + 1));
  }
  return `${JSON.stringify(builder.build(), null, 2)}\n`;
}

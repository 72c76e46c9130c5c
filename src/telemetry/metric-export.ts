import type { ObservableCounter, ObservableGauge } from '@opentelemetry/api';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Metric, Sample } from '../metric.ts';
import { metricPackages } from './packages.ts';
import { patienceMs, resourceOf } from './telemetry.ts';

export interface MetricExportOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  readonly log: Log;
  /** Labels of every sample. */
  readonly labels: Sample['labels'];
  /** Asked whenever metrics are sent. It has the same metrics each time, some of them without samples. */
  readonly measure: () => Promise<readonly Metric[]>;
}

const everyMs = 60_000;

/**
 * Sends metrics to a collector, now and then, and at once when it is flushed. They are the totals of the stores, so that
 * counters are cumulative whatever process sends them.
 */
export async function openMetricExport(options: MetricExportOptions): Promise<{ flush(): Promise<void> }> {
  const { env, version, log, labels, measure } = options;
  const { sdk, resources, OTLPMetricExporter } = await metricPackages(env);
  const exporter = new OTLPMetricExporter({
    timeoutMillis: patienceMs,
    temporalityPreference: sdk.AggregationTemporality.CUMULATIVE,
  });
  const reader = new sdk.PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: Number(env.OTEL_METRIC_EXPORT_INTERVAL) || everyMs,
    exportTimeoutMillis: patienceMs,
  });
  const provider = new sdk.MeterProvider({ resource: resourceOf(resources, version), readers: [reader] });
  const meter = provider.getMeter('cronsync', version);
  const instruments = new Map<string, ObservableGauge | ObservableCounter>();
  for (const { name, help: description, type } of await measure()) {
    const create = type === 'counter' ? 'createObservableCounter' : 'createObservableGauge';
    instruments.set(name, meter[create](name, { description }));
  }
  meter.addBatchObservableCallback(
    async (result) => {
      for (const { name, samples } of await measure()) {
        const instrument = instruments.get(name);
        for (const sample of samples) {
          if (instrument) result.observe(instrument, sample.value, { ...labels, ...sample.labels });
        }
      }
    },
    [...instruments.values()],
  );
  return {
    async flush() {
      const isOver = new Promise<void>((resolve) => setTimeout(resolve, patienceMs).unref());
      const flushed = provider.forceFlush({ timeoutMillis: patienceMs }).catch((error) => {
        log.info(`metrics could not be sent: ${messageOf(error)}; nothing depends on them`);
      });
      await Promise.race([flushed, isOver]);
    },
  };
}

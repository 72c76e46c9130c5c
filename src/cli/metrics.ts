import type { DeliveryResult, ListenMeter } from '../meter.ts';
import type { Metric } from '../metric.ts';
import { exposition } from '../metrics/exposition.ts';

/** The daemon's metrics, and their text for Prometheus. */
export interface Metrics extends ListenMeter {
  readonly contentType: string;
  /** The text exposition format. What a store that is away would know is left out. */
  text(): Promise<string>;
}

export interface MetricsOptions {
  /** The sync's name: a label of everything. */
  readonly name: string;
  /** The metrics of the sync, from its stores. Called for each scrape. */
  readonly measure: () => Promise<readonly Metric[]>;
}

const ageBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200];
const tookBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const attemptBuckets = [1, 2, 3, 4, 6, 8, 12];

/** Gauges of the library that are named like counters. The metrics without that ending have the same, by type. */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Loads the library: only a daemon with `--http` needs it. */
export async function createMetrics({ name, measure }: MetricsOptions): Promise<Metrics> {
  const { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } = await import('prom-client');
  const registry = new Registry();
  const registers = [registry];
  registry.setDefaultLabels({ sync: name });
  collectDefaultMetrics({ register: registry });
  for (const gauge of misnamed) registry.removeSingleMetric(gauge);
  const histogram = (metric: string, help: string, buckets: number[]) =>
    new Histogram({ name: metric, help, labelNames: ['listener'], buckets, registers });

  const deliveries = new Counter<'listener' | 'result'>({
    name: 'cronsync_deliveries_total',
    help: 'Attempts to deliver an event, by listener and result: success, failure, dead, aborted.',
    labelNames: ['listener', 'result'],
    registers,
  });
  const took = histogram('cronsync_delivery_seconds', 'How long one attempt took.', tookBuckets);
  const age = histogram('cronsync_event_age_seconds', 'Age of an event when it was acknowledged.', ageBuckets);
  const tries = histogram('cronsync_event_attempts', 'Attempts that an acknowledged event took.', attemptBuckets);
  const beat = new Gauge({
    name: 'cronsync_loop_beat_timestamp_seconds',
    help: 'When the last read was completed.',
    labelNames: ['group'],
    registers,
  });
  return {
    delivered(listener: string, result: DeliveryResult, tookMs: number) {
      deliveries.inc({ listener, result });
      took.observe({ listener }, tookMs / 1000);
    },
    acknowledged(listener, ageMs, attempts) {
      age.observe({ listener }, ageMs / 1000);
      tries.observe({ listener }, attempts);
    },
    beat: (group) => beat.set({ group }, Date.now() / 1000),
    contentType: registry.contentType,
    async text() {
      return (await registry.metrics()) + exposition(await measure(), { sync: name });
    },
  };
}

import type { DeliveryResult, ListenGauges, ListenMeter } from '../meter.ts';

/** The daemon's metrics, and their text for Prometheus. */
export interface Metrics extends ListenMeter {
  readonly contentType: string;
  /** The text exposition format. Gauges that cannot be read at the moment (Redis is away) are left out. */
  text(): Promise<string>;
}

export interface MetricsOptions {
  /** The sync's name: a label of everything. */
  readonly name: string;
  /** Called for each scrape. */
  readonly gauges: () => Promise<ListenGauges>;
}

const ageBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200];
const tookBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const attemptBuckets = [1, 2, 3, 4, 6, 8, 12];

/** Loads the library: only a daemon with `--http` needs it. */
export async function createMetrics({ name, gauges }: MetricsOptions): Promise<Metrics> {
  const { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } = await import('prom-client');
  const registry = new Registry();
  const registers = [registry];
  registry.setDefaultLabels({ sync: name });
  collectDefaultMetrics({ register: registry });
  const histogram = (metric: string, help: string, buckets: number[]) =>
    new Histogram({ name: metric, help, labelNames: ['listener'], buckets, registers });
  const gauge = (metric: string, help: string, label: string) =>
    new Gauge({ name: metric, help, labelNames: [label], registers });

  const deliveries = new Counter<'listener' | 'result'>({
    name: 'cronsync_deliveries_total',
    help: 'Attempts to deliver an event, by listener and result: success, failure, dead, aborted.',
    labelNames: ['listener', 'result'],
    registers,
  });
  const took = histogram('cronsync_delivery_seconds', 'How long one attempt took.', tookBuckets);
  const age = histogram('cronsync_event_age_seconds', 'Age of an event when it was acknowledged.', ageBuckets);
  const tries = histogram('cronsync_event_attempts', 'Attempts that an acknowledged event took.', attemptBuckets);
  const beat = gauge('cronsync_loop_beat_timestamp_seconds', 'When the last read was completed.', 'group');
  const asked = {
    lag: gauge('cronsync_group_lag', 'Events that were delivered to nobody yet.', 'group'),
    pending: gauge('cronsync_group_pending', 'Events that were delivered and are not acknowledged.', 'group'),
    deadLetters: gauge('cronsync_dead_letters', 'Events that a listener has given up on.', 'listener'),
  };
  const labels = { lag: 'group', pending: 'group', deadLetters: 'listener' } as const;

  const ask = async () => {
    const now = await gauges().catch(() => ({ lag: {}, pending: {}, deadLetters: {} }));
    for (const of of ['lag', 'pending', 'deadLetters'] as const) {
      asked[of].reset();
      for (const [label, value] of Object.entries(now[of])) asked[of].set({ [labels[of]]: label }, value);
    }
  };

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
      await ask();
      return registry.metrics();
    },
  };
}

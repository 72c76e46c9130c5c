import type { Metric, Sample } from '../metric.ts';
import type { Asked, Facts } from '../verdict/facts.ts';
import { problemIds } from '../verdict/problem.ts';
import { type Verdict, verdictNames } from '../verdict/verdict.ts';
import { deliveryMetrics } from './delivery-metrics.ts';
import { resourceMetrics } from './resource-metrics.ts';
import { runMetrics } from './run-metrics.ts';

/** What the metrics of a sync are made of. */
export interface Measured {
  readonly facts: Facts;
  readonly verdict: Verdict;
  /** The release. */
  readonly version: string;
  /** By resource, how much of what the guard allows is used: 1 is all of it. */
  readonly guardUsed: Readonly<Record<string, number>>;
}

/**
 * The metrics of a sync, from what its stores said. Pure. They are always the same: what a store that is away
 * would know has no samples.
 */
export function syncMetrics({ facts, verdict, version, guardUsed }: Measured): readonly Metric[] {
  const { redis, database, adapter, now } = facts;
  return [
    {
      name: 'cronsync_build_info',
      help: 'The release, and the adapter of the config. Always 1.',
      type: 'gauge',
      samples: [{ labels: { version, adapter }, value: 1 }],
    },
    {
      name: 'cronsync_verdict',
      help: 'The verdict on the sync: 1 for the one that is given, 0 for the others.',
      type: 'gauge',
      samples: verdictNames.map((name) => ({ labels: { verdict: name }, value: Number(name === verdict.is) })),
    },
    {
      name: 'cronsync_problems',
      help: 'Standing problems, by how urgent they are.',
      type: 'gauge',
      samples: (['act', 'watch'] as const).map((severity) => ({
        labels: { severity },
        value: verdict.problems.filter((problem) => problem.severity === severity).length,
      })),
    },
    {
      name: 'cronsync_problem',
      help: 'How many problems of this kind stand, by the ids of "cronsync status --json".',
      type: 'gauge',
      samples: problemIds.map((id) => ({
        labels: { id },
        value: verdict.problems.filter((problem) => problem.id === id).length,
      })),
    },
    {
      name: 'cronsync_store_up',
      help: 'Whether a store answers: 1 or 0.',
      type: 'gauge',
      samples: [storeSample('redis', redis), storeSample('database', database)],
    },
    ...resourceMetrics(database.is === 'known' ? database.value.resources : [], guardUsed),
    ...runMetrics(database.is === 'known' ? database.value : { runs: [], pauses: null }),
    ...deliveryMetrics(redis, database, now),
  ];
}

function storeSample(store: string, asked: Asked<unknown>): Sample {
  return { labels: { store }, value: Number(asked.is === 'known') };
}

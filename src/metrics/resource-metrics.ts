import type { Metric, Sample } from '../metric.ts';
import type { ResourceFacts } from '../verdict/facts.ts';

/** What a gauge of a resource is; null: it has no sample. */
type Reading = (resource: ResourceFacts) => number | null;

const readings: Readonly<Record<string, readonly [help: string, read: Reading]>> = {
  cronsync_last_complete_pass_timestamp_seconds: [
    'When a pass of the resource was last complete.',
    ({ checkpoint }) => (checkpoint?.completedAt == null ? null : checkpoint.completedAt / 1000),
  ],
  cronsync_pass_pages: ['Pages that the pass has taken so far.', ({ checkpoint }) => checkpoint?.progress.pages ?? 0],
  cronsync_live_rows: ['Rows that are live.', ({ live }) => live],
  cronsync_rejects: ['Records in quarantine.', ({ rejects }) => rejects],
  cronsync_held_deletions: ['Deletions that the guard holds back.', ({ checkpoint }) => checkpoint?.held?.count ?? 0],
  cronsync_held_updates: [
    'Values that would become empty, and updates, that the guard holds back.',
    ({ checkpoint }) => (checkpoint?.heldEmptied?.count ?? 0) + (checkpoint?.heldUpdates?.count ?? 0),
  ],
};

/** Where the passes stand, and all changes that were ever committed. */
export function resourceMetrics(
  resources: readonly ResourceFacts[],
  guardUsed: Readonly<Record<string, number>>,
): readonly Metric[] {
  const gauges = Object.entries(readings).map(([name, [help, read]]): Metric => {
    return { name, help, type: 'gauge', samples: resources.flatMap((resource) => sampleOf(resource, read(resource))) };
  });
  return [
    ...gauges,
    {
      name: 'cronsync_guard_used_ratio',
      help: 'How much was deleted in the window of the guard, of what it allows: 1 is all of it.',
      type: 'gauge',
      samples: resources.flatMap((resource) => sampleOf(resource, guardUsed[resource.resource] ?? null)),
    },
    {
      name: 'cronsync_changes_total',
      help: 'Rows that were created, updated and deleted.',
      type: 'counter',
      samples: resources.flatMap(({ resource, checkpoint }) =>
        Object.entries(checkpoint?.totals ?? {}).map(([type, value]) => ({ labels: { resource, type }, value })),
      ),
    },
  ];
}

function sampleOf({ resource }: ResourceFacts, value: number | null): readonly Sample[] {
  return value === null ? [] : [{ labels: { resource }, value }];
}

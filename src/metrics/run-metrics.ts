import type { Metric } from '../metric.ts';
import type { RunTotals } from '../run-row.ts';
import type { DatabaseFacts, RunFacts } from '../verdict/facts.ts';

interface Known extends Pick<DatabaseFacts, 'runs'> {
  /** Null: it is not known. */
  readonly pauses: DatabaseFacts['pauses'] | null;
}

/** What the last runs did, and how many there were since the first one. */
export function runMetrics({ runs, pauses }: Known): readonly Metric[] {
  const ended = runs.filter(isEnded);
  const [last] = ended;
  const totals = runs.find((run) => run.totals)?.totals;
  return [
    {
      name: 'cronsync_last_run_timestamp_seconds',
      help: 'When the last run with this outcome ended.',
      type: 'gauge',
      samples: lastOfEach(ended).map(({ outcome, endedAt }) => {
        return { labels: { outcome }, value: endedAt.getTime() / 1000 };
      }),
    },
    {
      name: 'cronsync_run_duration_seconds',
      help: 'How long the last run took.',
      type: 'gauge',
      samples: last ? [{ labels: {}, value: (last.endedAt.getTime() - last.startedAt.getTime()) / 1000 }] : [],
    },
    {
      name: 'cronsync_runs_total',
      help: 'Runs by their outcome; "killed" are those without an end.',
      type: 'counter',
      samples: samplesOf('outcome', totals?.runs),
    },
    {
      name: 'cronsync_hits_total',
      help: 'Hits by the HTTP status that answered them; "none": no answer came.',
      type: 'counter',
      samples: samplesOf('status', totals?.hits),
    },
    {
      name: 'cronsync_paused',
      help: 'Whether somebody has paused the sync, and which listeners: 1 or 0.',
      type: 'gauge',
      samples: pauses ? pauseSamples(pauses) : [],
    },
  ];
}

function pauseSamples(pauses: DatabaseFacts['pauses']): Metric['samples'] {
  return [
    { labels: {}, value: Number(pauses.some(({ listener }) => listener === null)) },
    ...pauses.flatMap(({ listener }) => (listener === null ? [] : [{ labels: { listener }, value: 1 }])),
  ];
}

type Ended = RunFacts & { readonly endedAt: Date; readonly outcome: string };

function isEnded(run: RunFacts): run is Ended {
  return run.endedAt !== null && run.outcome !== null;
}

/** The runs are newest first. */
function lastOfEach(runs: readonly Ended[]): readonly Ended[] {
  return [...new Map(runs.toReversed().map((run) => [run.outcome, run])).values()];
}

function samplesOf(label: string, counts: RunTotals['runs'] = {}): Metric['samples'] {
  return Object.entries(counts).map(([name, value]) => ({ labels: { [label]: name }, value }));
}

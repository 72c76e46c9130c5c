import { expect, test } from 'vitest';
import type { DatabaseFacts } from '../../src/verdict/facts.ts';
import { judge } from '../../src/verdict/judge.ts';
import { progressed } from '../pass/a-pass.ts';
import { aGroup, aResource, aRun, hourMs, minutely, minuteMs, past, type Situation, someFacts } from './some-facts.ts';

const dayMs = 24 * hourMs;
/** Complete for the last time so long ago, as the run says that was the last to read. */
const completed = (agoMs: number, beforeMs: number) =>
  aResource({
    succeededAt: past(agoMs),
    previousCompletedAt: past(beforeMs),
    checkpoint: { startedAt: past(agoMs), triedAt: past(agoMs), completedAt: past(agoMs) },
  });
const every = (ms: number, count: number, fromMs: number) =>
  Array.from({ length: count }, (_, at) => aRun(fromMs + at * ms));
const planned = (everyMs: number) => ({ resources: [{ resource: 'cities', everyMs, maxRejectRatio: 0.05 }] });
const walking = { phase: 'walking', startedAt: past(12 * minuteMs), triedAt: past(minuteMs), cursor: 'next' } as const;
const throttled = { outcome: 'throttled', hits: 0, pages: 0 };
/** A long run, which ended 10 s ago: all that cron has started meanwhile has found the lock held. */
const longRun = aRun(10 * minuteMs, { endedAt: new Date(past(10_000)) });

const calm: readonly (readonly [title: string, is: string, situation: Situation])[] = [
  ['cron starts a run every five minutes', 'in-step', runsAnd(every(5 * minuteMs, 20, 4 * minuteMs), 4 * minuteMs)],
  ['cron starts a run every hour', 'in-step', runsAnd(every(hourMs, 20, 59 * minuteMs), 59 * minuteMs)],
  [
    'cron starts a run every hour, and the first one was lately',
    'in-step',
    runsAnd([aRun(50 * minuteMs)], 50 * minuteMs),
  ],
  ['cron starts a run every hour, and two were', 'in-step', runsAnd(every(hourMs, 2, 50 * minuteMs), 50 * minuteMs)],
  [
    'a resource is read every six hours',
    'in-step',
    { plan: planned(6 * hourMs), database: { resources: [completed(5 * hourMs, 11 * hourMs)] } },
  ],
  [
    'every second run gets no slot',
    'in-step',
    runsAnd(
      minutely(20).map((run, at) => (at % 2 === 0 ? { ...run, ...throttled } : run)),
      2 * minuteMs,
    ),
  ],
  ['a long run has just ended', 'in-step', runsAnd([longRun, ...minutely(20, {}, 11 * minuteMs)], 10_000)],
  [
    'one record of three that changed was rejected',
    'in-step',
    {
      database: {
        resources: [
          aResource({ rejects: 1, checkpoint: { mode: 'changes', progress: progressed({ records: 3, rejected: 1 }) } }),
        ],
      },
    },
  ],
  [
    'the rejected records of a large pass are on its first page',
    'in-step',
    {
      database: {
        resources: [
          aResource({
            rejects: 9,
            live: 4000,
            checkpoint: { ...walking, progress: progressed({ records: 100, rejected: 9 }) },
          }),
        ],
      },
    },
  ],
  ['a listener gets no event for days', 'in-step', { redis: { groups: [aGroup({ oldest: null })] } }],
  [
    'the sync is paused for hours',
    'paused',
    {
      database: {
        runs: minutely(60, { outcome: 'paused', hits: 0, pages: 0 }),
        resources: [completed(2 * hourMs, 2 * hourMs + minuteMs)],
        pauses: [{ listener: null, until: null, reason: null, who: 'deploy', at: new Date(past(2 * hourMs)) }],
      },
    },
  ],
];

function runsAnd(runs: DatabaseFacts['runs'], agoMs: number): Situation {
  return { database: { runs, resources: [completed(agoMs, agoMs + minuteMs)] } };
}

test.each(calm)('nobody is alarmed where %s', (_title, is, situation) => {
  const { is: verdict, problems } = judge(someFacts(situation));
  expect([verdict, problems.filter(({ severity }) => severity === 'act')]).toEqual([is, []]);
});

test('a first load that moves is catching up, though a page of it has failed', () => {
  const failing = { since: past(minuteMs), exitCode: 69, message: 'https://api.example answered 503', status: 503 };
  const checkpoint = { ...walking, completedAt: null, progress: progressed({ pages: 12, records: 1200, total: 4000 }) };
  const load = (succeededAt: number | null) =>
    judge(someFacts({ database: { resources: [aResource({ failing, succeededAt, checkpoint })] } })).is;
  expect(load(past(2 * minuteMs))).toBe('catching-up');
  expect(load(null)).toBe('behind');
});

test('a quota that is used up explains why no pass is complete', () => {
  const plan = { windows: [{ hits: 1000, perMs: dayMs }] };
  const database = { runs: minutely(60, throttled), resources: [completed(hourMs, hourMs + minuteMs)] };
  const { is, problems } = judge(someFacts({ plan, database }));
  expect([is, problems.map(({ id }) => id)]).toEqual(['behind', ['no-slots']]);
  expect(problems[0]?.cause).toBe(
    '60 runs got no slot for 59 min. The 1,000 hits per 24 h are used up, by this sync or by others of the same key.',
  );
});

test('a run whose command line was refused is not a problem, and neither ends nor begins a series of failures', () => {
  const [refused, failed] = [
    { outcome: 'failed', exitCode: 64 },
    { outcome: 'failed', exitCode: 69 },
  ];
  const idsOf = (runs: DatabaseFacts['runs']) => judge(someFacts({ database: { runs } })).problems.map(({ id }) => id);
  const [first, second, ...others] = minutely(20);
  if (!first || !second) throw new Error('expected runs');
  expect(idsOf([{ ...first, ...refused }, second, ...others])).toEqual([]);
  expect(idsOf([{ ...first, ...refused }, { ...second, ...failed }, ...others])).toEqual(['runs-fail']);
});

test('a run that cron does not start any more is missed, whatever the last one took', () => {
  const runs = [{ ...longRun, endedAt: new Date(past(4 * minuteMs)) }, ...minutely(20, {}, 11 * minuteMs)];
  expect(judge(someFacts({ database: { runs } })).problems.map(({ id }) => id)).toEqual(['cron-missing']);
});

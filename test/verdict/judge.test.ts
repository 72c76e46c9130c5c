import { describe, expect, test } from 'vitest';
import { judge } from '../../src/verdict/judge.ts';
import { verdictNames } from '../../src/verdict/verdict.ts';
import { progressed } from '../pass/a-pass.ts';
import {
  aGroup,
  aResource,
  aRun,
  away,
  heldFor,
  hourMs,
  minutely,
  minuteMs,
  now,
  past,
  type Situation,
  someFacts,
} from './some-facts.ts';

const answers503 = {
  since: past(2 * hourMs),
  exitCode: 69,
  message: 'https://api.example/cities answered 503; nothing of this page was written',
  status: 503,
};
const oldPass = { completedAt: past(2 * hourMs), startedAt: past(2 * hourMs + 1000), triedAt: past(minuteMs) };
const walking = {
  phase: 'walking',
  startedAt: past(12 * minuteMs),
  triedAt: past(minuteMs),
  completedAt: null,
} as const;
const someHeld = {
  pass: 7,
  count: 340,
  live: 543,
  because: '340 of 543 rows would be deleted; the guard allows 108',
  at: past(2 * hourMs),
};
const somePause = {
  listener: null,
  until: new Date(now.getTime() + 45 * minuteMs),
  reason: 'their migration',
  who: 'deploy',
  at: new Date(past(minuteMs)),
};
const someDrift = {
  at: past(10 * minuteMs),
  compared: 20,
  missing: 20,
  changed: 0,
  marked: 0,
  unknown: 0,
  rows: [],
  isBeingRepaired: false,
};

const table: readonly (readonly [title: string, is: string, says: string, situation: Situation])[] = [
  ['all is well', 'in-step', 'In step. Last complete pass 40 s ago.', {}],
  [
    'a pass of several pages walks, and the last one was complete lately',
    'in-step',
    'In step. Last complete pass 30 min ago.',
    {
      database: {
        resources: [
          aResource({
            live: 4000,
            checkpoint: {
              ...walking,
              completedAt: past(30 * minuteMs),
              progress: progressed({ pages: 12, records: 1200 }),
            },
          }),
        ],
      },
    },
  ],
  [
    'the third party has failed once',
    'in-step',
    'In step. Last complete pass 2 min ago.',
    {
      database: {
        resources: [
          aResource({
            failing: { ...answers503, since: past(minuteMs) },
            checkpoint: { completedAt: past(2 * minuteMs) },
          }),
        ],
      },
    },
  ],
  [
    'the first load is under way',
    'catching-up',
    'Catching up: page 12 of 40, done in about 28 min.',
    {
      database: {
        resources: [
          aResource({ checkpoint: { ...walking, progress: progressed({ pages: 12, records: 1200, total: 4000 }) } }),
        ],
      },
    },
  ],
  [
    'the first load is under way, and nobody knows how long it is',
    'catching-up',
    'Catching up: page 12 of people.',
    {
      database: {
        resources: [
          aResource(),
          aResource({
            resource: 'people',
            checkpoint: { ...walking, progress: progressed({ pages: 12, records: 1200 }) },
          }),
        ],
      },
    },
  ],
  [
    'a late pass moves again',
    'catching-up',
    'Catching up: page 3 of 6, done in about 12 min.',
    {
      database: {
        resources: [
          aResource({
            checkpoint: {
              ...oldPass,
              ...walking,
              completedAt: past(20 * hourMs),
              progress: progressed({ pages: 3, records: 300 }),
            },
          }),
        ],
      },
    },
  ],
  [
    'the third party answers 503 for two hours',
    'behind',
    'Behind for 2 h: the third party answers 503. At least 10 runs tried. Your rows are as of 2 h ago.',
    { database: { resources: [aResource({ failing: answers503, checkpoint: oldPass })] } },
  ],
  [
    'the cursor has not moved over five runs, and the last pass is recent',
    'behind',
    'Behind for 5 min: the third party answers 503. 6 runs tried. Your rows are as of 40 s ago.',
    {
      database: {
        runs: minutely(60),
        resources: [aResource({ failing: { ...answers503, since: past(6 * minuteMs - 1000) } })],
      },
    },
  ],
  [
    'no pass was ever complete, and the first one fails',
    'behind',
    'Behind for 1 min: the third party refuses the credentials (401). No pass of every resource is complete yet.'.replace(
      '1 min',
      '61 s',
    ),
    {
      database: {
        runs: [aRun(61_000)],
        resources: [
          aResource({
            checkpoint: { ...walking },
            succeededAt: null,
            failing: {
              since: past(61_000),
              exitCode: 77,
              message: 'https://api.example/cities refused our credentials (401); nothing',
              status: 401,
            },
          }),
        ],
      },
    },
  ],
  [
    'cron starts nothing any more',
    'behind',
    'Behind for 20 min: no run has started. Your rows are as of 20 min ago.',
    {
      database: {
        runs: minutely(10, {}, 20 * minuteMs),
        resources: [aResource({ checkpoint: { completedAt: past(20 * minuteMs) } })],
      },
    },
  ],
  [
    'every run is killed',
    'behind',
    'Behind for 5 min: 6 runs were killed. Your rows are as of 6 min ago.',
    {
      database: {
        runs: [...minutely(6, { endedAt: null, outcome: null, exitCode: null }), ...minutely(10, {}, 7 * minuteMs)],
        resources: [aResource({ checkpoint: { completedAt: past(6 * minuteMs) } })],
      },
    },
  ],
  [
    'no pass is complete and nothing says why',
    'behind',
    'Behind for 2 h: no pass of cities is complete. Your rows are as of 2 h ago.',
    { database: { resources: [aResource({ checkpoint: oldPass })] } },
  ],
  [
    'deletions are held',
    'held',
    '340 deletions of cities are held back. Everything else is in step.',
    { database: { resources: [aResource({ checkpoint: { phase: 'held', held: someHeld } })] } },
  ],
  [
    'rows are missing',
    'doubtful',
    '20 of 20 rows of cities that were looked up 10 min ago are missing from the table.',
    { database: { resources: [aResource({ drift: someDrift })] } },
  ],
  [
    'a listener is behind',
    'delivering-late',
    'In step; `notify` is 4 min behind.',
    { redis: { groups: [aGroup({ oldest: new Date(past(4 * minuteMs)) })] } },
  ],
  [
    'a listener is behind, and a resource has no complete pass yet',
    'delivering-late',
    'Catching up; `notify` is 4 min behind.',
    {
      redis: { groups: [aGroup({ oldest: new Date(past(4 * minuteMs)) })] },
      database: { resources: [aResource({ checkpoint: null })] },
    },
  ],
  [
    'there are dead letters',
    'delivering-late',
    'In step; 2 dead letters of notify.',
    {
      database: {
        dead: [
          {
            listener: 'notify',
            count: 2,
            since: new Date(past(hourMs)),
            reason: 'attempts',
            error: '503 from hooks.example',
          },
        ],
      },
    },
  ],
  [
    'somebody has paused the sync',
    'paused',
    'Paused for 45 min more: "their migration" (by deploy).',
    { database: { pauses: [somePause] } },
  ],
  [
    'somebody has paused the sync without an end',
    'paused',
    'Paused until somebody resumes it (by deploy).',
    { database: { pauses: [{ ...somePause, until: null, reason: null }] } },
  ],
  [
    'no run was ever',
    'never-ran',
    'No run yet. Cron should start one within a minute; "cronsync check" shows what it would find.',
    { database: { runs: [], fence: null, resources: [aResource({ live: 0, checkpoint: null })] } },
  ],
  [
    'Redis is away',
    'unknown',
    'Redis has not answered for 2 min. Your rows are as of 40 s ago. Deliveries are unknown.',
    { asked: { redis: away('Redis at 127.0.0.1:6379') } },
  ],
  [
    'the database is away',
    'unknown',
    'The database has not answered for 2 min. Rows and runs are unknown.',
    { asked: { database: away('the target postgres') } },
  ],
  [
    'both stores are away',
    'unknown',
    'Neither Redis nor the database answers. Rows, runs and deliveries are unknown.',
    { asked: { redis: away('Redis', null), database: away('the target', null) } },
  ],
];

describe('the verdict', () => {
  test.each(table)('when %s, is %s', (_title, is, says, situation) => {
    expect(judge(someFacts(situation))).toMatchObject({ is, sentence: says });
  });

  test('has a situation for each of its names', () => {
    expect(new Set(table.map(([, is]) => is))).toEqual(new Set(verdictNames));
  });

  test('has no problem when the sync is in step', () => {
    expect(judge(someFacts())).toEqual({ is: 'in-step', sentence: expect.any(String), since: null, problems: [] });
  });

  test('is not behind while a run works that started long ago but may still go on', () => {
    const runs = [
      aRun(9 * minuteMs, { run: 'long', endedAt: null, outcome: null }),
      ...minutely(10, {}, 10 * minuteMs),
    ];
    const facts = someFacts({ redis: { lock: heldFor(9 * minuteMs, 'long') }, database: { runs } });
    expect(judge(facts)).toMatchObject({ is: 'in-step', problems: [] });
  });

  test('does not take an outage for what is usual: the time between the last two passes counts only as far as it is plausible', () => {
    const [resource] = [aResource({ checkpoint: oldPass, previousCompletedAt: past(40 * hourMs) })];
    expect(judge(someFacts({ database: { resources: [resource] } })).is).toBe('behind');
  });

  test('waits for a resource as long as the config does', () => {
    const daily = { resource: 'cities', everyMs: 24 * hourMs, maxRejectRatio: 0.05 };
    const resources = [aResource({ checkpoint: { completedAt: past(20 * hourMs) } })];
    expect(judge(someFacts({ plan: { resources: [daily] }, database: { resources } })).is).toBe('in-step');
  });
});

describe('of several verdicts that apply', () => {
  const everything: readonly (readonly [is: string, situation: Situation])[] = [
    ['unknown', { asked: { redis: away('Redis') } }],
    ['paused', { database: { pauses: [somePause] } }],
    ['behind', { database: { resources: [aResource({ resource: 'b', failing: answers503, checkpoint: oldPass })] } }],
    ['held', { database: { resources: [aResource({ resource: 'h', checkpoint: { held: someHeld } })] } }],
    ['doubtful', { database: { resources: [aResource({ resource: 'd', drift: someDrift })] } }],
    ['delivering-late', { redis: { groups: [aGroup({ oldest: new Date(past(hourMs)) })] } }],
    [
      'catching-up',
      { database: { resources: [aResource({ resource: 'c', checkpoint: { ...walking, progress: progressed() } })] } },
    ],
  ];

  test.each(everything.map(([is], at) => [is, at] as const))('%s comes before those after it', (is, at) => {
    const rest = everything.slice(at).map(([, situation]) => situation);
    const facts = someFacts({
      asked: Object.assign({}, ...rest.map(({ asked }) => asked ?? {})),
      redis: Object.assign({}, ...rest.map(({ redis }) => redis ?? {})),
      database: {
        pauses: rest.flatMap(({ database }) => database?.pauses ?? []),
        resources: [aResource(), ...rest.flatMap(({ database }) => database?.resources ?? [])],
      },
    });
    expect(judge(facts).is).toBe(is);
  });

  test('a store that is away hides no problem that the other one shows', () => {
    const resources = [aResource({ checkpoint: { held: someHeld } })];
    const { problems } = judge(someFacts({ asked: { redis: away('Redis') }, database: { resources } }));
    expect(problems.map(({ id }) => id)).toEqual(['redis-away', 'deletions-held']);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../src/cli/program/program.ts';
import { judge } from '../../src/verdict/judge.ts';
import { type Problem, type ProblemId, problemIds, worstFirst } from '../../src/verdict/problem.ts';
import { aTerminal } from '../cli/a-terminal.ts';
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

const refused = {
  since: past(hourMs),
  exitCode: 77,
  message: 'https://api.example/cities refused our credentials (401) with: expired; nothing of this page was written',
  status: 401,
};
const failed = {
  since: past(2 * minuteMs),
  exitCode: 69,
  message:
    'https://api.example/cities did not answer in time: nothing arrived within 30s; nothing of this page was written',
  status: null,
};
const held = {
  pass: 7,
  count: 340,
  because: '340 of 543 rows would be deleted; the guard allows 108',
  at: past(2 * hourMs),
};
const drift = {
  at: past(minuteMs),
  compared: 100,
  missing: 1,
  changed: 2,
  marked: 0,
  unknown: 0,
  rows: [],
  isBeingRepaired: false,
};
const dead = {
  listener: 'notify',
  count: 2,
  since: new Date(past(41 * minuteMs)),
  reason: 'attempts',
  error: '503 from hooks.example',
};
const pause = { listener: null, until: null, reason: null, who: 'deploy', at: new Date(past(minuteMs)) };
const off = { because: 'https://hooks.example answered 410; nothing', at: new Date(past(hourMs)) };
const throttled = { outcome: 'throttled', hits: 0, pages: 0 };
const full = {
  last: { generation: 1, seq: 1000 },
  length: 1000,
  first: { generation: 1, seq: 1 },
  groups: [{ name: 'notify', lastDelivered: { generation: 1, seq: 1 }, pending: 0, oldestPending: null, lag: 999 }],
};
const behind = {
  ...full,
  length: 400,
  last: { generation: 1, seq: 10 },
  groups: full.groups.map((group) => ({ ...group, pending: 1, lag: 310 })),
};
const changedAt = (at: number) => ({ path: 'population', is: 'new', from: [], to: ['number'], at, pass: 7 }) as const;
const unmet = (what: 'nothing-changes' | 'too-few-records' | 'too-many-records') => ({
  database: {
    resources: [
      aResource({ unmet: [{ what, sentence: 'nothing of cities has changed for 3 days', since: past(hourMs) }] }),
    ],
  },
});
const ofCities = (changes: Parameters<typeof aResource>[0]): Situation => ({
  database: { resources: [aResource(changes)] },
});

const fenceAt = (nextSeq: number) => ({ fence: 1, holder: 'web-1:1', generation: 1, nextSeq });

interface Expected {
  readonly severity: Problem['severity'];
  readonly cause: string;
  readonly next: string;
}

type Row = readonly [id: ProblemId, situation: Situation, expected: Expected];

const act = (cause: string, next: string): Expected => ({ severity: 'act', cause, next });
const watch = (cause: string, next: string): Expected => ({ severity: 'watch', cause, next });

/** One situation for each problem, and what it says. */
const table: readonly Row[] = [
  [
    'stores-away',
    { asked: { redis: away('Redis at a:1'), database: away('the target b') } },
    act(
      'Redis at a:1 cannot be used (ECONNREFUSED) for 2 min. The target b cannot be used (ECONNREFUSED) for 2 min.',
      'cronsync check',
    ),
  ],
  [
    'database-away',
    { asked: { database: away('the target b') } },
    act('The target b cannot be used (ECONNREFUSED) for 2 min.', 'cronsync check'),
  ],
  [
    'database-newer',
    { asked: { database: { ...away('the tables of b'), why: 'newer' } } },
    act('The tables of b cannot be used (ECONNREFUSED) for 2 min.', 'cronsync check'),
  ],
  [
    'database-refuses',
    { asked: { database: { ...away('the target b'), why: 'refused' } } },
    act('The target b cannot be used (ECONNREFUSED) for 2 min.', 'cronsync check'),
  ],
  [
    'redis-away',
    { asked: { redis: away('Redis at a:1', null) } },
    act('Redis at a:1 cannot be used (ECONNREFUSED).', 'cronsync check'),
  ],
  [
    'redis-refuses',
    { asked: { redis: { ...away('Redis at a:1'), why: 'refused' } } },
    act('Redis at a:1 cannot be used (ECONNREFUSED) for 2 min.', 'cronsync check'),
  ],
  ['disk-full', { database: { freeBytes: 4096 } }, act('The disk of the database is full.', 'cronsync check')],
  [
    'clock-off',
    { redis: { aheadMs: -hourMs } },
    act('The clock of Redis is 60 min behind the clock of this host.', 'cronsync check'),
  ],
  [
    'credentials-refused',
    { plan: { credentials: ['ATLAS_TOKEN'] }, ...ofCities({ failing: refused }) },
    act(
      'The third party refuses the credentials (401) for 60 min. https://api.example/cities says: expired.',
      'cronsync run --dry-run',
    ),
  ],
  [
    'third-party-refuses',
    ofCities({ failing: failed }),
    watch(
      'The third party did not answer in time: nothing arrived within 30s. 2 runs tried in 2 min.',
      'cronsync run --dry-run',
    ),
  ],
  [
    'lock-held',
    { redis: { lock: heldFor(hourMs) } },
    act('The lock has been held by run run-held on web-1 (pid 4711) for 60 min.', 'cronsync unlock'),
  ],
  [
    'runs-killed',
    { database: { runs: [aRun(41_000, { endedAt: null, outcome: null }), ...minutely(9, {}, 101_000)] } },
    watch(
      'A run that started 41 s ago has no end, and its lock is gone: it was killed.',
      'cronsync run --log-level debug',
    ),
  ],
  [
    'runs-fail',
    {
      database: {
        runs: [
          ...minutely(3, {
            outcome: 'failed',
            exitCode: 70,
            error: 'stream and database contradict each other; nothing was relayed',
          }),
          ...minutely(9, {}, 221_000),
        ],
      },
    },
    act('3 runs failed for 2 min: stream and database contradict each other.', 'cronsync check'),
  ],
  [
    'cron-missing',
    { database: { runs: minutely(9, {}, 20 * minuteMs) } },
    act('No run has started for 20 min. Before that, one started about every 60 s.', 'cronsync run'),
  ],
  [
    'pass-late',
    ofCities({ checkpoint: { completedAt: past(hourMs) } }),
    act(
      'The last complete pass of cities was 60 min ago, which is more than three times as long as usual.',
      'cronsync run',
    ),
  ],
  [
    'no-slots',
    { database: { runs: minutely(9, throttled) } },
    watch('9 runs got no slot for 8 min. Others use the slots of the same key.', 'cronsync status'),
  ],
  [
    'backing-off',
    {
      redis: {
        slots: [
          {
            key: 'atlas',
            waitMs: 5 * minuteMs,
            cause: {
              exitCode: 69,
              message: 'https://api.example/cities answered 429; nothing of this page was written',
            },
            ...{ stricter: null, waitedMs: null, others: 0 },
          },
        ],
      },
    },
    watch('https://api.example/cities answered 429. No hit is made for 5 min.', 'cronsync status'),
  ],
  [
    'deletions-held',
    ofCities({ checkpoint: { held: { ...held, live: 543 } } }),
    act(
      '340 deletions of cities have been held back for 2 h: 340 of 543 rows would be deleted.',
      'cronsync run --allow-mass-delete=340',
    ),
  ],
  [
    'updates-held',
    ofCities({ checkpoint: { heldUpdates: { ...held, live: 543, because: '340 of 543 rows would be updated' } } }),
    act(
      '340 updates of cities have been held back for 2 h: 340 of 543 rows would be updated.',
      'cronsync run --allow-mass-update=340',
    ),
  ],
  [
    'values-held',
    ofCities({
      checkpoint: {
        heldEmptied: { ...held, count: 1, columns: [], because: '1 of 1 values of name would become empty' },
      },
    }),
    act(
      '1 empty value of cities has been held back for 2 h: 1 of 1 values of name would become empty.',
      'cronsync run --allow-mass-update=1',
    ),
  ],
  [
    'drift',
    ofCities({ drift }),
    act(
      '3 of 100 rows of cities that were looked up 60 s ago were changed by somebody else or are missing from the table.',
      'cronsync verify --resource cities --repair',
    ),
  ],
  [
    'listing-incomplete',
    ofCities({ checkpoint: { incomplete: { records: 90, total: 100 } } }),
    act(
      'The last complete pass of cities brought 90 records, and the third party says that it has 100 records.',
      'cronsync run --dry-run',
    ),
  ],
  [
    'too-many-rejects',
    ofCities({ rejects: 20, checkpoint: { progress: progressed({ records: 100, rejected: 20 }) } }),
    act(
      '20 records of 100 records of cities were rejected in the pass that began 42 s ago.',
      'cronsync rejects list --resource cities',
    ),
  ],
  [
    'expression-finds-nothing',
    ofCities({
      lost: [
        {
          column: 'name',
          sentence: '`full_name`, which fills name, was in none of 203 records',
          at: past(hourMs),
          wasFound: true,
        },
      ],
    }),
    act(
      'Of cities, `full_name`, which fills name, was in none of 203 records.',
      'cronsync run --dry-run --save answer.json',
    ),
  ],
  [
    'too-few-records',
    unmet('too-few-records'),
    act('Nothing of cities has changed for 3 days.', 'cronsync run --dry-run'),
  ],
  [
    'too-many-records',
    unmet('too-many-records'),
    act('Nothing of cities has changed for 3 days.', 'cronsync run --dry-run'),
  ],
  [
    'nothing-changes',
    unmet('nothing-changes'),
    act('Nothing of cities has changed for 3 days.', 'cronsync run --dry-run'),
  ],
  [
    'poison-event',
    { redis: { groups: [aGroup({ deliveries: 3 })] } },
    act(
      'The delivery of one event of notify was started 3 times, and each time the daemon ended without a word.',
      'cronsync dead list --listener notify',
    ),
  ],
  [
    'dead-letters',
    { database: { dead: [dead] } },
    act(
      'The listener notify has had 2 dead letters for 41 min: 503 from hooks.example.',
      'cronsync dead list --listener notify',
    ),
  ],
  [
    'listener-off',
    { redis: { groups: [aGroup({ off })] } },
    act(
      'The receiver of notify has been gone for good for 60 min: https://hooks.example answered 410.',
      'cronsync listener drop notify',
    ),
  ],
  [
    'no-daemon',
    { redis: { groups: [aGroup({ daemons: 0, oldest: new Date(past(hourMs)) })], stream: behind } },
    act('No daemon runs the listener `notify`. 311 events wait, the oldest for 60 min.', 'cronsync listen'),
  ],
  [
    'listener-behind',
    { redis: { groups: [aGroup({ oldest: new Date(past(4 * minuteMs)) })], stream: behind } },
    watch('`notify` is 4 min behind: 311 events wait.', 'cronsync dead list --listener notify'),
  ],
  [
    'stream-full',
    { redis: { stream: full }, database: { fence: fenceAt(1500) } },
    act(
      'The stream has 1,000 events, as many as it may, and 499 events wait in the outbox. `notify` has read the least.',
      'cronsync listen',
    ),
  ],
  [
    'outbox-waiting',
    { database: { fence: fenceAt(12), runs: minutely(9, {}, 150_000) } },
    act('1 event waits in the outbox for 2 min, and no run and no daemon moves it to the stream.', 'cronsync run'),
  ],
  [
    'sync-paused',
    { database: { pauses: [pause] } },
    watch('The sync was paused 60 s ago, until somebody resumes it (by deploy).', 'cronsync resume'),
  ],
  [
    'listener-paused',
    { database: { pauses: [{ ...pause, listener: 'notify' }] } },
    watch(
      'The listener `notify` was paused 60 s ago, until somebody resumes it (by deploy).',
      'cronsync resume --listener notify',
    ),
  ],
  [
    'schema-changed',
    ofCities({ schema: { fields: 5, hasMore: false, alwaysNull: [], changes: [changedAt(past(hourMs))] } }),
    watch(
      'The records of cities have changed their shape 60 min ago: `population` is new (number).',
      'cronsync status --json',
    ),
  ],
];

describe('a problem', () => {
  test.each(table)('%s says its cause, what is guaranteed and what to do', (id, situation, expected) => {
    const { problems } = judge(someFacts(situation));
    expect(problems.map((problem) => problem.id)).toEqual([id]);
    expect(problems[0]).toMatchObject(expected);
    for (const text of [problems[0]?.cause, problems[0]?.guarantee, problems[0]?.advice])
      expect(text).toMatch(/^([A-Z`\d]|https:).*\.$/s);
  });

  test('has an entry in docs/operations.md, in the order of the worst first', () => {
    const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
    const [, section = ''] = /^### Problems$(.*?)^## /ms.exec(page) ?? [];
    expect([...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, id]) => id)).toEqual(problemIds);
  });

  test('is in this table, whichever it is', () => {
    expect(table.map(([id]) => id)).toEqual(problemIds);
  });

  test.each([...new Set(table.map(([, , { next }]) => next))])('leads to a command that exists: %s', async (next) => {
    const [program, ...words] = next.split(' ');
    expect(program).toBe('cronsync');
    const { stdout, stderr, stdin } = aTerminal().caller.terminal;
    expect(await parseCommandLine(words, { stdin, stdout, stderr })).toHaveProperty('run');
  });
});

describe('of several causes', () => {
  test('one refusal of the credentials is one problem, however many resources it stops', () => {
    const resources = [
      aResource({ failing: refused }),
      aResource({ resource: 'people', failing: { ...refused, since: past(2 * hourMs) } }),
    ];
    const { problems } = judge(someFacts({ plan: { credentials: ['ATLAS_TOKEN'] }, database: { resources } }));
    expect(problems).toMatchObject([
      { id: 'credentials-refused', since: new Date(past(2 * hourMs)), advice: expect.stringContaining('ATLAS_TOKEN') },
    ]);
  });

  test('resources that fail alike are named together, others on their own', () => {
    const names = ['a', 'b', 'c'];
    const resources = [
      ...names.map((resource) => aResource({ resource, failing: { ...failed, status: 503 } })),
      aResource({ resource: 'd', failing: { ...failed, exitCode: 76, status: 404 } }),
    ];
    const plans = [...names, 'd'].map((resource) => ({ resource, everyMs: 0, maxRejectRatio: 0 }));
    const { problems } = judge(someFacts({ plan: { resources: plans }, database: { resources } }));
    expect(problems.map(({ cause }) => cause)).toEqual([
      expect.stringMatching(/^The third party answers 503 for a, b and 1 more\. 2 runs tried in 2 min\./),
      expect.stringMatching(/^The third party answers 404 for d\. 2 runs tried in 2 min\./),
    ]);
    expect(problems.map(({ resource }) => resource)).toEqual([undefined, 'd']);
  });

  test('a late pass is not a problem of its own where something explains it', () => {
    const late = aResource({ checkpoint: { completedAt: past(hourMs) } });
    const ids = (situation: Situation['database']) =>
      judge(someFacts({ database: { resources: [late], ...situation } })).problems.map(({ id }) => id);
    expect(ids({ runs: minutely(9, {}, hourMs) })).toEqual(['cron-missing']);
    expect(ids({ pauses: [pause] })).toEqual(['sync-paused']);
    expect(ids({ runs: minutely(9, throttled) })).toEqual(['no-slots']);
  });

  test('a sync whose turn has not come for long has no slots, however few of its runs were denied', () => {
    const runs = [...minutely(1, throttled), ...minutely(9, {}, minuteMs)];
    const causes = (waitedMs: number) => {
      const slots = [{ key: 'atlas', waitMs: 0, cause: null, stricter: null, waitedMs, others: 7 }];
      return judge(someFacts({ redis: { slots }, database: { runs } })).problems.map(({ cause }) => cause);
    };
    expect(causes(24 * minuteMs)).toEqual([]);
    expect(causes(25 * minuteMs)).toEqual([
      '1 run got no slot for 41 s. 7 other syncs wait for slots of the same key.',
    ]);
  });

  test('a lock that is held explains that no run has started', () => {
    const runs = minutely(9, {}, 20 * minuteMs);
    const { problems } = judge(someFacts({ redis: { lock: heldFor(20 * minuteMs) }, database: { runs } }));
    expect(problems.map(({ id }) => id)).toEqual(['lock-held']);
  });

  test('what a person has permitted needs nobody any more, unless it was given for other records, or before', () => {
    const name = { ...held, pass: 7, since: 5, digest: '9f3c', earlier: [] };
    const checkpoint = { held: { ...held, live: 543 }, heldNames: { deletes: name, updates: null } };
    const permit = { resource: 'cities', what: 'deletes', pass: 6, digest: '9f3c', count: 340 } as const;
    const problemsWith = (changes: object) => {
      const permits = [{ ...permit, ...changes }];
      return judge(someFacts({ database: { resources: [aResource({ checkpoint })], permits } })).problems;
    };
    expect(problemsWith({})).toMatchObject([{ severity: 'watch', next: 'cronsync run' }]);
    expect(problemsWith({ digest: '0000' })).toMatchObject([{ severity: 'act' }]);
    expect(problemsWith({ pass: 4 })).toMatchObject([{ severity: 'act' }]);
  });

  test('a pause of two hours lasts for two hours more, a second later', () => {
    const pauses = [{ ...pause, until: new Date(past(1000 - 2 * hourMs)) }];
    expect(judge(someFacts({ database: { pauses } })).problems).toMatchObject([
      { cause: 'The sync was paused 60 s ago, for 2 h more (by deploy).' },
    ]);
  });

  test('a listener that is paused is not behind', () => {
    const pauses = [{ ...pause, listener: 'notify' }];
    const facts = someFacts({ redis: { groups: [aGroup({ oldest: new Date(past(hourMs)) })] }, database: { pauses } });
    expect(judge(facts).problems.map(({ id }) => id)).toEqual(['listener-paused']);
  });

  test('a run that was killed once, long before others that ended well, is not a problem', () => {
    const runs = [...minutely(10), aRun(11 * minuteMs, { endedAt: null, outcome: null })];
    expect(judge(someFacts({ database: { runs } })).problems).toEqual([]);
  });

  test('a run that has just begun was not killed: it took the lock after Redis was asked', () => {
    const runs = [aRun(2000, { endedAt: null, outcome: null }), ...minutely(9, {}, 62_000)];
    expect(judge(someFacts({ database: { runs } })).problems).toEqual([]);
  });

  test('a run without an end may still run while Redis is away', () => {
    const runs = [aRun(41_000, { endedAt: null, outcome: null }), ...minutely(9, {}, 101_000)];
    const { problems } = judge(someFacts({ asked: { redis: away('Redis') }, database: { runs } }));
    expect(problems.map(({ id }) => id)).toEqual(['redis-away']);
  });

  test('the error of the last run says that the disk is full', () => {
    const error = 'the disk of the target sqlite:./sync.db is full: database or disk is full; nothing was written';
    const runs = minutely(9, { outcome: 'failed', exitCode: 69, error });
    const { problems } = judge(someFacts({ database: { runs } }));
    expect(problems.map(({ id }) => id)).toContain('disk-full');
  });
});

describe('problems', () => {
  const problem = (id: ProblemId, severity: Problem['severity'], sinceMs: number | null): Problem => {
    const texts = { title: '', cause: '', guarantee: '', advice: '', next: '' };
    return { id, severity, since: sinceMs === null ? null : new Date(past(sinceMs)), ...texts };
  };

  test('come with those first that need a person, then by their kind, then the oldest, and those of unknown age last', () => {
    const sorted = [
      problem('drift', 'act', 2),
      problem('drift', 'act', 1),
      problem('drift', 'act', null),
      problem('dead-letters', 'act', 9),
      problem('third-party-refuses', 'watch', 99),
    ];
    expect(sorted.toReversed().toSorted(worstFirst)).toEqual(sorted);
  });

  test('survive a time that is ahead of ours', () => {
    const resources = [aResource({ checkpoint: { completedAt: now.getTime() + hourMs } })];
    expect(judge(someFacts({ database: { resources } })).sentence).toBe('In step. Last complete pass just now.');
  });
});

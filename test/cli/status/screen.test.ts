import { describe, expect, test } from 'vitest';
import { widthOf } from '../../../src/cli/output/width.ts';
import { changeOf } from '../../../src/cli/status/change.ts';
import { statusLines } from '../../../src/cli/status/screen.ts';
import { judge } from '../../../src/verdict/judge.ts';
import { progressed } from '../../pass/a-pass.ts';
import {
  aGroup,
  aResource,
  away,
  hourMs,
  minutely,
  minuteMs,
  past,
  type Situation,
  someFacts,
} from '../../verdict/some-facts.ts';
import { aTerminal } from '../a-terminal.ts';

const room = { columns: 80, rows: 24, paint: aTerminal().out, isWhole: false, command: 'cronsync', folder: '/srv/geo' };

function screen(situation: Situation, changes: Partial<typeof room> = {}): string[] {
  const facts = someFacts(situation);
  return statusLines(facts, judge(facts), { ...room, ...changes });
}

const dead = (listener: string) => {
  return { listener, count: 2, since: new Date(past(hourMs)), reason: 'attempts', error: '503 from hooks.example' };
};

test('in step: the verdict, the slot, the runs, resources and listeners, and nothing else', () => {
  const walking = {
    ...({ phase: 'walking' } as const),
    ...{ pass: 212, startedAt: past(12 * minuteMs), completedAt: past(30 * minuteMs) },
    progress: progressed({ pages: 12, records: 1200 }),
  } as const;
  const people = aResource({
    resource: 'people',
    live: 4000,
    checkpoint: walking,
    changes24h: { created: 120, updated: 4, deleted: 1 },
  });
  expect(
    screen({
      database: { resources: [aResource(), people], runs: minutely(60) },
      redis: { groups: [aGroup({ donePerMinute: 12 })] },
    }),
  ).toEqual(
    [
      'geo  IN STEP                                            atlas → sqlite:./sync.db',
      'In step. Last complete pass 40 s ago.',
      'slot   next hit in 0:20                      lock   free',
      'runs   ●●●●●●●●●●●●●●●●●●●●●●●●●●●●●●   60 min: 60 done',
      '       ██████████████████████████████   slowest 1 s',
      'resource  pass  state                     rows  24 h        last complete',
      'cities       7  complete                   540  –           40 s ago',
      'people     212  page 12 of 40, 28 min left  4,000  +120 ~4 -1  30 min ago',
      'listener  behind  oldest  done/min  dead',
      'notify         0  –             12     0',
    ].map((line) =>
      line.startsWith('resource')
        ? expect.stringMatching(/^resource {2}pass {2}state +rows {2}24 h +last complete$/)
        : line.startsWith('cities')
          ? expect.stringMatching(/^cities +7 {2}complete +540 {2}– +40 s ago$/)
          : line.startsWith('people')
            ? expect.stringMatching(/^people +212 {2}page 12 of 40, 28 min left +4,000 {2}\+120 ~4 -1 {2}30 min ago$/)
            : line,
    ),
  );
});

test('a listener that no daemon runs says so, and has no speed', () => {
  const rows = (daemons: number) => screen({ redis: { groups: [aGroup({ daemons })] } });
  expect(rows(0)).toContain('notify         0  –              –     0  no daemon');
  expect(rows(1)).toContain('notify         0  –              –     0');
});

test('a problem has its cause, what is guaranteed and what to do', () => {
  const lines = screen({ database: { dead: [dead('notify')] } });
  expect(lines.slice(-4)).toEqual([
    '! The listener notify has had 2 dead letters for 60 min: 503 from hooks.example.',
    '  They are kept until somebody replays or drops them. All other events go on.',
    '  Fix the receiver, and replay them. Drop what is not needed any more.',
    '  cronsync dead list --listener notify',
  ]);
});

test('a store that is away leaves question marks and the reason, and hides nothing of the other one', () => {
  const withoutRedis = screen({ asked: { redis: away('Redis at a:1') } });
  expect(withoutRedis).toContain('slot   ? Redis at a:1 cannot be used (ECONNREFUSED) for 2 min');
  expect(withoutRedis).toContainEqual(expect.stringMatching(/^notify +\? {2}\? +\? +0$/));
  expect(withoutRedis).toContainEqual(expect.stringMatching(/^cities +7 {2}complete/));
  const withoutBoth = screen({ asked: { redis: away('Redis at a:1'), database: away('the target b') } });
  expect(withoutBoth).toContain('runs   ? the target b cannot be used (ECONNREFUSED) for 2 min');
  expect(withoutBoth).toContainEqual(expect.stringMatching(/^notify +\? {2}\? +\? +\?$/));
});

describe('however much there is', () => {
  const resources = Array.from({ length: 30 }, (_, at) => aResource({ resource: `resource-${at}` }));
  const listeners = Array.from({ length: 12 }, (_, at) => ({ listener: `l${at}`, groups: [`l${at}`], limitMs: 1 }));
  const crowded: Situation = {
    plan: { listeners },
    redis: { groups: listeners.map(({ listener }) => aGroup({ group: listener, oldest: new Date(past(hourMs)) })) },
    database: { resources, dead: listeners.map(({ listener }) => dead(listener)) },
  };

  test.each([[80], [60], [40]])('no line is longer than %i columns', (columns) => {
    expect(Math.max(...screen(crowded, { columns }).map(widthOf))).toBeLessThanOrEqual(columns);
  });

  test('the worst five problems are shown, and how many more there are', () => {
    const lines = screen(crowded);
    expect(lines.filter((line) => line.startsWith('! '))).toHaveLength(5);
    expect(lines.at(-1)).toBe('19 more problems (--all)');
    expect(lines).toContain('22 more resources (--all)');
    expect(lines).toContain('6 more listeners (--all)');
  });

  test('--all shows all of them', () => {
    const lines = screen(crowded, { isWhole: true });
    expect(lines.filter((line) => line.startsWith('! ') || line.startsWith('· '))).toHaveLength(24);
    expect(lines.filter((line) => line.startsWith('resource-'))).toHaveLength(30);
  });

  test('a few resources with problems of three lines each still fit 24 lines: the later ones have one line', () => {
    const lines = screen({ database: { dead: ['a', 'b', 'c', 'd'].map(dead) } });
    expect(lines.length).toBeLessThan(24);
    expect(lines.filter((line) => line.startsWith('! '))).toHaveLength(4);
  });
});

test('before the first run, the command that it names is as it is typed here', () => {
  const situation = { database: { runs: [], resources: [aResource({ checkpoint: null })] } };
  expect(screen(situation, { command: 'npx cronsync' })[1]).toContain('"npx cronsync check"');
});

describe('a change of the status', () => {
  const change = (situation: Situation, ms = 0) => {
    const facts = { ...someFacts(situation), now: new Date(past(-ms)) };
    return changeOf(facts, judge(facts));
  };

  test('is not that time passes', () => {
    const failing = { since: past(hourMs), exitCode: 69, message: 'a answered 503; nothing', status: 503 };
    const situation = { database: { resources: [aResource({ failing })], runs: minutely(60) } };
    expect(change(situation, 1500)).toBe(change(situation));
  });

  test('is a run, a page, a dead letter, or a store that is away', () => {
    const before = change({});
    expect(change({ database: { runs: minutely(11, {}, 1000) } })).not.toBe(before);
    expect(change({ database: { resources: [aResource({ live: 541 })] } })).not.toBe(before);
    expect(change({ database: { dead: [dead('notify')] } })).not.toBe(before);
    expect(change({ asked: { redis: away('Redis') } })).not.toBe(before);
  });
});

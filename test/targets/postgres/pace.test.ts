import { describe, expect, test } from 'vitest';
import type { Prepared } from '../../../src/record.ts';
import type { ResourceTable } from '../../../src/table.ts';
import type { Target } from '../../../src/target.ts';
import { idleMs, Pace } from '../../../src/targets/postgres/pace.ts';
import { defaultTimings } from '../../../src/timings.ts';
import { checkpointOf, customersTable, record, takeOver, write } from '../../contracts/target.ts';
import { aPostgresWorld, type PostgresWorld } from './a-postgres-target.ts';

const never = new AbortController().signal;

describe('a pace', () => {
  const aPace = () => new Pace({ aimMs: 100, first: 200, most: 8000 });

  test('begins with few rows, and at most doubles them, up to a limit', () => {
    const pace = aPace();
    const counts = [pace.rows];
    while (counts.length < 9) {
      pace.learn(pace.rows, 0);
      counts.push(pace.rows);
    }
    expect(counts).toEqual([200, 400, 800, 1600, 3200, 6400, 8000, 8000, 8000]);
  });

  test('falls at once to what slower rows allow, and never below one', () => {
    const pace = aPace();
    pace.learn(200, 2000);
    expect(pace.rows).toBe(10);
    pace.learn(10, 10_000);
    expect(pace.rows).toBe(1);
  });

  test('does not infer from a short transaction of few rows how long many take', () => {
    const pace = aPace();
    pace.learn(20, 50);
    expect(pace.rows).toBe(200);
    pace.learn(20, 200);
    expect(pace.rows).toBe(19);
  });

  test('does not take a busy host for slow rows: what a transaction takes without them does not count', () => {
    const pace = aPace();
    pace.learn(1, 150, 120);
    expect(pace.rows).toBeGreaterThan(40);
    for (let nth = 0; nth < 12; nth += 1) pace.learn(pace.rows, 300 + 0.05 * pace.rows, 300);
    expect(pace.rows).toBeGreaterThan(1000);
  });

  test('takes slow rows for slow on a busy host as well', () => {
    const pace = aPace();
    pace.learn(200, 300 + 200 * 10, 300);
    expect(pace.rows).toBe(10);
  });

  test('believes a few slow rows the more, the more often they come', () => {
    const pace = aPace();
    const counts = Array.from({ length: 60 }, () => {
      pace.learn(1, 150);
      return pace.rows;
    });
    expect(counts[0]).toBeGreaterThan(10);
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
    expect(counts.at(-1)).toBe(1);
  });

  test.each([
    [200, 20_000, 1],
    [200, 4000, 5],
    [200, 1, 100],
    [3, 1, 1],
  ])('of %d rows that were given up after %d ms, goes on with %d', (rows, tookMs, next) => {
    const pace = aPace();
    pace.giveUp(rows, tookMs);
    expect(pace.rows).toBe(next);
  });
});

describe('what a transaction takes without its rows', () => {
  test('is what its fast statements take, though most have something to do', () => {
    const updatingThousands = [1, 1, 15, 40, 1, 80, 1, 40, 30];
    expect(idleMs(updatingThousands)).toBe(9);
  });

  test('is all of it where every statement waits for a core', () => {
    expect(idleMs([20, 20, 20, 20])).toBe(80);
    expect(idleMs([])).toBe(0);
  });
});

function many(count: number, visits = 0): Prepared[] {
  return Array.from({ length: count }, (_, n) => record(String(n), 'x', visits, null, null, null));
}

async function remove(target: Target, ids: readonly number[], table: ResourceTable) {
  const events = { source: '/test', silent: false };
  const checkpoint = () => ({ checkpoint: checkpointOf(1) });
  return target.remove({ table, ids, missing: [], found: [], events, checkpoint }, never);
}

/** Every row takes at least so long, and those of a condition so long. */
function slowly(seconds: number, others = 'false', theirs = 0): string {
  return `CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      PERFORM pg_sleep(CASE WHEN ${others} THEN ${theirs} ELSE ${seconds} END); RETURN coalesce(NEW, OLD); END $$;
    CREATE TRIGGER slowly BEFORE INSERT OR UPDATE OR DELETE ON customers FOR EACH ROW EXECUTE FUNCTION slowly()`;
}

/** How many rows each transaction wrote, in their order. */
async function transactions({ rows }: PostgresWorld): Promise<readonly number[]> {
  const outbox = await rows('SELECT last_seq - first_seq + 1 AS n FROM _sync_outbox ORDER BY first_seq');
  return outbox.map(({ n }) => Number(n));
}

describe('rows that take their time', () => {
  /** A statement is given up after twice so long. */
  const timings = { ...defaultTimings, targetBusyStepMs: 5, targetIdleMs: 500 };

  test('are written in small numbers at first, and then as many as take about 100 ms', async () => {
    const world = await aPostgresWorld();
    const target = await takeOver(await world.open());
    await world.sql(slowly(0.001));
    await write(target, many(1000));
    const [first, ...others] = await transactions(world);
    expect(first).toBe(200);
    expect(Math.max(...others)).toBeLessThanOrEqual(100);
  });

  test('are written in small numbers at first even where the rows of another table were fast', async () => {
    const world = await aPostgresWorld();
    const people = customersTable({ resource: 'people', table: 'people' });
    const target = await world.open();
    await target.takeOver({ run: 'r', holder: 'h' }, [people, customersTable()], 0);
    await world.sql(slowly(0.001));
    await write(target, many(3000), { table: people });
    const before = (await transactions(world)).length;
    await write(target, many(400));
    expect((await transactions(world))[before]).toBe(200);
  });

  test('are written in smaller transactions where one of them took longer than a statement may', async () => {
    const world = await aPostgresWorld();
    const target = await takeOver(await world.open({ timings }));
    await world.sql(slowly(0.01));
    expect(await write(target, many(150))).toMatchObject({ counts: { created: 150 }, refused: [], nextSeq: 151 });
    expect(Math.max(...(await transactions(world)))).toBeLessThan(100);
  });

  test('that take too long even alone are refused, and the others are written', async () => {
    const world = await aPostgresWorld();
    const target = await takeOver(await world.open({ timings }));
    await world.sql(slowly(0, "NEW.id = '7'", 20));
    const { counts, refused } = await write(target, many(30));
    expect(counts.created).toBe(29);
    expect(refused).toMatchObject([{ key: '7', reasons: [expect.stringContaining('takes too long over it')] }]);
  });

  test('are deleted in smaller transactions, and one that takes too long alone stays', async () => {
    const world = await aPostgresWorld();
    const table = customersTable({ onDelete: 'hard' });
    const target = await takeOver(await world.open({ timings }), table);
    const { ids } = await write(target, many(150), { table });
    await world.sql(slowly(0.01, "OLD.id = '7'", 20));
    const { counts, refused } = await remove(target, ids, table);
    expect(counts.deleted).toBe(149);
    expect(refused).toMatchObject([{ key: '7', reasons: [expect.stringContaining('takes too long over it')] }]);
    expect(await world.rows('SELECT id FROM customers')).toEqual([{ id: '7' }]);
    expect(await target.countLive('customers')).toBe(1);
  });
});

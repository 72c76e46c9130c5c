import { expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, type BaseConfig, customers, eventually, expectInStep } from '../helpers/sync.ts';

/**
 * A transaction in which nothing happens is ended sooner than the lock's time is over, as it is in earnest: 10 s and 30 s. Late
 * enough that a busy machine has asked for its locks by then.
 */
const timings = { targetIdleMs: 5000, targetBusyMs: 1000 };
const ttl = '7s';

/** The locks that a stopped transaction holds on rows of the system's; the fence row is ours. */
const heldRows = `SELECT 1 FROM customers WHERE id NOT IN (SELECT id FROM customers FOR NO KEY UPDATE SKIP LOCKED)`;

test.concurrent.each([
  ['transaction-begun:1', 0],
  ['fence-checked:1', 0],
  ['commit-planned:1', 4],
  ['commit-written:1', 4],
  ['commit-ready:2', 1],
  ['remove-written:1', 3],
  ['remove-ready:1', 3],
] as const)(
  'a run that is stopped inside a transaction at %s is ended by Postgres; the next one works, and the woken one writes nothing',
  async (at, held) => {
    await using project = await aProject({
      ...{ redis, target: 'postgres', timings, ttl, records: customers(10), dialect: 'cursor', pageSize: 4 },
      config: (config: BaseConfig) => ({
        ...config,
        adapters: { acme: { ...config.adapters.acme, timeout: '1s' } },
        guard: { maxDeletes: '100%', confirm: 1 },
      }),
    });
    expect((await project.sync()).exitCode).toBe(0);
    const newer = [1, 2, 5, 6, 9].map((id) => aCustomer(id, { status: 'newer' }));
    project.serve([...newer.slice(0, 4), ...customers(2, 7), ...newer.slice(4)]);
    const sleeper = project.start(['run', '--json'], { env: { SYNC_CRASH_AT: `${at}:SIGSTOP` } });
    await sleeper.stopped();
    expect(await project.database.query(heldRows)).toHaveLength(held);
    await eventually(async () => (await project.database.query(heldRows)).length === 0);
    await eventually(async () => (await redis.client.exists(project.lockKey)) === 0);

    expect((await project.sync()).json()).toMatchObject({ outcome: 'done', exitCode: 0 });
    await expectInStep(project);
    const before = await project.database.contents();
    sleeper.cont();

    expect((await sleeper.finished).exitCode).toBe(75);
    expect(await project.database.contents()).toEqual(before);
    await expectInStep(project);
  },
);

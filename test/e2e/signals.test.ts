import { describe, expect, test } from 'vitest';
import { aRedis } from '../helpers/redis.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig, customers, eventually, expectInStep, type Project } from '../helpers/sync.ts';

const isLocked = ({ lockKey }: Project) => redis.client.exists(lockKey);

/** How many slots are taken, in Redis and in the target's guard. */
async function takenSlots({ party, query }: Project): Promise<number[]> {
  const inRedis = await redis.client.zcard(`{sync-throttle:127.0.0.1-${party.port}}:slots`);
  const [guard] = query("SELECT count(*) AS taken FROM _sync_throttle WHERE kind = 'slot'");
  return [inRedis, Number(guard?.taken)];
}

const guard = { maxDeletes: '100%', confirm: 1 };

describe.each([
  { signal: 'SIGINT', exitCode: 130 },
  { signal: 'SIGTERM', exitCode: 143 },
] as const)('$signal', ({ signal, exitCode }) => {
  test('during the wait for a slot makes no hit and gives the lock back', async () => {
    await using project = await aProject({ redis, records: customers(3), throttle: { per: '60s' } });
    await project.sync();
    const triedAt = () => project.query("SELECT checkpoint ->> 'triedAt' AS at FROM _sync_passes")[0]?.at;
    const before = triedAt();
    const run = project.start(['run', '--json', '--wait', '90s']);
    await eventually(() => triedAt() !== before);

    run.kill(signal);
    const stopped = await run.finished;

    expect(stopped.exitCode).toBe(exitCode);
    expect(stopped.json()).toMatchObject({ outcome: 'stopped', hits: 0, errors: [] });
    expect(await isLocked(project)).toBe(0);
    expect(project.party.arrivals).toHaveLength(1);
    expect(await takenSlots(project)).toEqual([1, 1]);
  });

  test('during a slow fetch drops the request, writes nothing, and leaves the slot reserved', async () => {
    await using project = await aProject({ redis, records: customers(3), throttle: { per: '60s' } });
    project.party.script({ hang: 'before' });
    const run = project.start();
    await eventually(() => project.party.arrivals.length === 1);

    run.kill(signal);
    const stopped = await run.finished;

    expect(stopped.exitCode).toBe(exitCode);
    expect(stopped.json()).toMatchObject({ outcome: 'stopped', hits: 1, pages: 0, errors: [] });
    expect(await isLocked(project)).toBe(0);
    expect(project.rows()).toEqual([]);
    await eventually(async () => (await project.party.connections()) === 0);

    const next = await project.sync(['run', '--json', '--wait', '0s']);
    expect(next.json()).toMatchObject({ outcome: 'throttled', hits: 0, exitCode: 0 });
    expect(next.json().nextSlotInMs).toBeGreaterThan(60_000);
    expect(await takenSlots(project)).toEqual([1, 1]);
  });

  test('in the middle of a body writes nothing, the slot being settled already', async () => {
    await using project = await aProject({ redis, records: customers(3), throttle: { per: '60s' } });
    project.party.script({ hang: 'in-body', body: '[{"id":"1"},' });
    const run = project.start(['run', '--json'], { env: { SYNC_CRASH_AT: `slot-settled:2:${signal}` } });
    const stopped = await run.finished;

    expect(stopped.exitCode).toBe(exitCode);
    expect(project.rows()).toEqual([]);
    const next = await project.sync(['run', '--json', '--wait', '0s']);
    expect(next.json()).toMatchObject({ outcome: 'throttled', hits: 0 });
    expect(next.json().nextSlotInMs).toBeLessThanOrEqual(60_100);
  });

  test('in the middle of a large page keeps whole batches, and the next run goes on at once', async () => {
    await using project = await aProject({ redis, records: customers(20_000) });
    const run = await project.sync(['run', '--json'], { env: { SYNC_CRASH_AT: `commit-written:2:${signal}` } });

    expect(run.exitCode).toBe(exitCode);
    expect(run.json()).toMatchObject({ outcome: 'stopped', errors: [] });
    expect(await isLocked(project)).toBe(0);
    const written = project.rows().length;
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(20_000);
    expect(project.events()).toHaveLength(written);
    expect(await redis.client.xlen(project.streamKey)).toBe(written);

    const next = await project.sync();
    expect(next.json()).toMatchObject({ outcome: 'done', counts: { created: 20_000 - written } });
    await expectInStep(project);
  });

  test('in the middle of the sweep keeps whole batches, and the next run deletes the rest', async () => {
    const config = (base: BaseConfig) => ({ ...base, guard });
    await using project = await aProject({ redis, records: customers(12_500), config });
    await project.sync();
    project.serve(customers(500));
    const run = await project.sync(['run', '--json'], { env: { SYNC_CRASH_AT: `remove-written:2:${signal}` } });

    expect(run.exitCode).toBe(exitCode);
    expect(await isLocked(project)).toBe(0);
    const deleted = project.events('customers.deleted').length;
    expect(deleted).toBeGreaterThan(0);
    expect(deleted).toBeLessThan(12_000);
    expect(project.rows().filter((row) => row.deleted_at !== null)).toHaveLength(deleted);

    expect((await project.sync()).exitCode).toBe(0);
    expect(project.events('customers.deleted')).toHaveLength(12_000);
    await expectInStep(project);
  });

  test.each(['lock-acquired', 'after-claim', 'slot-taken', 'headers-in', 'after-append', 'before-sweep'])(
    'at %s gives the lock back, and the next run puts everything in step',
    async (at) => {
      const config = (base: BaseConfig) => ({
        ...base,
        guard,
        adapters: { acme: { ...base.adapters.acme, timeout: '1s' } },
      });
      const timings = { slotReserveMs: 1000 };
      const pages = { dialect: 'cursor', pageSize: 2 } as const;
      await using project = await aProject({ redis, records: customers(6), ...pages, timings, config });
      const run = await project.sync(['run', '--json'], { env: { SYNC_CRASH_AT: `${at}:1:${signal}` } });

      expect(run.exitCode).toBe(exitCode);
      expect(run.stderr).toBe('');
      expect(await isLocked(project)).toBe(0);
      // A signal that comes while Redis grants a slot leaves it reserved for a second.
      const next = await project.sync(['run', '--json', '--wait', '5s']);
      expect(next.json()).toMatchObject({ outcome: 'done', exitCode: 0 });
      await expectInStep(project);
    },
  );
});

test('a second signal ends a run that hangs while it stops; the lock goes when its time is over', async () => {
  const silent = await aRedis();
  try {
    const timings = { redisCommandMs: 600_000 };
    await using project = await aProject({ redis: silent, records: customers(3), timings, ttl: '60s' });
    const run = project.start(['run'], { env: { SYNC_CRASH_AT: 'headers-in:1:SIGSTOP' } });
    await run.stopped();
    await silent.kill('SIGSTOP');
    run.cont();
    run.kill('SIGINT');
    run.kill('SIGTERM');

    // Which of the two comes first is the kernel's choice.
    expect([130, 143]).toContain((await run.finished).exitCode);

    await silent.kill('SIGCONT');
    expect(await silent.client.exists(project.lockKey)).toBe(1);
    expect(project.rows()).toEqual([]);
  } finally {
    await silent.kill('SIGCONT');
    await silent.stop();
  }
});

test('whoever reads the log goes away: the run stops, and gives lock and slot back', async () => {
  await using project = await aProject({ redis, records: customers(5) });
  const answered = Promise.withResolvers<void>();
  project.party.script({ until: answered.promise, body: project.records });
  const run = project.start(['run', '--log-level', 'debug']);
  await eventually(() => project.party.arrivals.length === 1);

  run.hangUp();
  answered.resolve();
  const end = await run.finished;

  expect(end.signal).toBeNull();
  expect(await isLocked(project)).toBe(0);
  expect((await project.sync()).exitCode).toBe(0);
  await expectInStep(project);
});

test('whoever reads the result goes away: the run is done all the same', async () => {
  await using project = await aProject({ redis, records: customers(5) });
  const answered = Promise.withResolvers<void>();
  project.party.script({ until: answered.promise, body: project.records });
  const run = project.start(['run', '--json']);
  await eventually(() => project.party.arrivals.length === 1);

  run.hangUp();
  answered.resolve();
  const end = await run.finished;

  expect(end.signal).toBeNull();
  expect(await isLocked(project)).toBe(0);
  await expectInStep(project);
});

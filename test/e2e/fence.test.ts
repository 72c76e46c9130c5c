import { describe, expect, test } from 'vitest';
import { type TargetType, targets } from '../helpers/crash-points.ts';
import { redis } from '../helpers/suite-redis.ts';
import {
  aCustomer,
  aProject,
  type BaseConfig,
  customers,
  eventually,
  expectInStep,
  type Project,
} from '../helpers/sync.ts';

/** Locks that run out soon, and a request that is given up soon: so is the slot of one that is never answered. */
const sleepy = (target: TargetType, ttl = '2s') => ({
  redis,
  target,
  ttl,
  timings: { targetIdleMs: 1000 },
  dialect: 'cursor' as const,
  pageSize: 4,
  config: (config: BaseConfig) => ({
    ...config,
    adapters: { acme: { ...config.adapters.acme, timeout: '1s' } },
    guard: { maxDeletes: '100%', confirm: 1 },
  }),
});

/** A run that is stopped at a point of its work, as if the machine slept, until its lock has run out. */
async function aSleeper(project: Project, at: string) {
  const sleeper = project.start(['run', '--json'], { env: { SYNC_CRASH_AT: `${at}:SIGSTOP` } });
  await sleeper.stopped();
  await eventually(async () => (await redis.client.exists(project.lockKey)) === 0);
  return sleeper;
}

/** Everything in the database but the throttle's rows, and the stream. */
async function contents({ database, streamEvents }: Project): Promise<unknown> {
  return { tables: await database.contents(), stream: await streamEvents() };
}

describe.each(targets)('on %s', { concurrent: true }, (target) => {
  test.concurrent.each([
    'lock-acquired:1',
    'after-lock:1',
    'after-claim:1',
    'slot-taken:1',
    'slot-taken:2',
    'headers-in:1',
    'slot-settled:1',
    'after-response:1',
    'after-response:2',
    'after-append:1',
    'before-sweep:1',
  ])('a run that sleeps at %s and wakes when another is done writes nothing and exits 75', async (at) => {
    await using project = await aProject({ ...sleepy(target), records: customers(10) });
    const sleeper = await aSleeper(project, at);
    project.serve([aCustomer(1, { status: 'newer' }), ...customers(8, 4)]);
    const other = await project.sync();
    expect(other.json()).toMatchObject({ outcome: 'done', exitCode: 0 });
    const [before, hits] = [await contents(project), project.party.arrivals.length];

    sleeper.cont();
    const woken = await sleeper.finished;

    expect(woken.exitCode, woken.stdout).toBe(75);
    expect(woken.json().errors).toMatchObject([{ exitCode: 75 }]);
    expect(await contents(project)).toEqual(before);
    expect(project.party.arrivals).toHaveLength(hits);
    await project.sync();
    await expectInStep(project);
  });
});

test('a run that held its slot for too long makes no hit with it, and takes another one while the lock is still its own', async () => {
  await using project = await aProject({
    ...sleepy('sqlite', '60s'),
    records: customers(3),
    timings: { slotReserveMs: 1000 },
  });
  const slots = `{sync-throttle:127.0.0.1-${project.party.port}}:slots`;
  const sleeper = project.start(['run', '--json'], { env: { SYNC_CRASH_AT: 'slot-taken:2:SIGSTOP' } });
  await sleeper.stopped();
  await eventually(async () => (await redis.client.exists(slots)) === 0);

  sleeper.cont();
  const woken = await sleeper.finished;

  expect(woken.exitCode).toBe(0);
  expect(woken.json()).toMatchObject({ hits: 1, counts: { created: 3 } });
  expect(project.party.arrivals).toHaveLength(1);
  await expectInStep(project);
});

test.concurrent.each(['commit-planned:1', 'commit-written:1', 'commit-ready:2', 'remove-written:1', 'remove-ready:1'])(
  'a run that sleeps inside a transaction at %s keeps the next one out, and commits only what is still its own',
  async (at) => {
    await using project = await aProject({ ...sleepy('sqlite'), records: customers(10) });
    expect((await project.sync()).exitCode).toBe(0);
    project.serve([aCustomer(1, { status: 'newer' }), aCustomer(7, { status: 'newer' }), ...customers(6, 8)]);
    const sleeper = await aSleeper(project, at);

    const next = await project.sync();
    expect(next.exitCode).toBe(69);
    expect(next.json().errors[0]?.message).toContain('busy');

    const before = project.events().length;
    sleeper.cont();
    const woken = await sleeper.finished;
    expect(woken.exitCode, woken.stdout).toBe(75);
    const { created, updated, deleted } = woken.json().counts;
    expect(created + updated + deleted).toBeGreaterThan(0);
    expect(project.events()).toHaveLength(10 + created + updated + deleted);
    expect(project.events().length).toBeGreaterThan(before);
    expect((await project.sync()).json()).toMatchObject({ outcome: 'done', exitCode: 0 });
    await expectInStep(project);
  },
);

test.each(targets)(
  'a run whose lock was removed by hand is fenced out, writes nothing, and the next one is in charge (%s)',
  async (target) => {
    await using project = await aProject({ redis, target, records: customers(5), ttl: '60s' });
    const answered = Promise.withResolvers<void>();
    project.party.script({ until: answered.promise, body: project.records });
    const run = project.start(['run', '--json']);
    await eventually(() => project.party.arrivals.length === 1);

    const unlock = await project.sync(['unlock', '--yes', '--json']);
    expect(unlock.exitCode).toBe(0);
    expect(unlock.json<object>()).toMatchObject({ unlocked: true, holder: { pid: run.pid } });
    expect(await redis.client.exists(project.lockKey)).toBe(0);
    answered.resolve();

    const fenced = await run.finished;
    expect(fenced.exitCode).toBe(75);
    expect(fenced.json().errors[0]?.message).toContain('a newer run has taken over');
    expect(await project.database.rows()).toEqual([]);
    expect(await project.database.events()).toEqual([]);
    expect((await project.sync()).exitCode).toBe(0);
    await expectInStep(project);
  },
);

test('a run whose lock was removed by hand notices it by itself, however long the answer takes', async () => {
  await using project = await aProject({ redis, records: customers(5), ttl: '1500ms' });
  project.party.script({ until: new Promise(() => {}) });
  const run = project.start(['run', '--json']);
  await eventually(() => project.party.arrivals.length === 1);

  await redis.client.del(project.lockKey);

  const lost = await run.finished;
  expect(lost.exitCode).toBe(75);
  expect(lost.json().errors[0]?.message).toContain('the lock is no longer ours');
  expect(project.rows()).toEqual([]);
});

test('unlock on a free lock does nothing, and a run goes on beside it', async () => {
  await using project = await aProject({ redis, records: customers(5) });
  await project.sync();
  const [before] = project.query('SELECT fence FROM _sync_lease');

  const unlock = await project.sync(['unlock', '--yes', '--json']);

  expect(unlock.json<object>()).toMatchObject({ unlocked: false, holder: null });
  expect(project.query('SELECT fence FROM _sync_lease')).toEqual([before]);
});

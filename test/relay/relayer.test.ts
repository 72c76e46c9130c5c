import { describe, expect, test, vi } from 'vitest';
import { UnreachableError } from '../../src/errors.ts';
import { beforeEverything } from '../../src/event.ts';
import { silentLog } from '../../src/log.ts';
import { ensureGroups } from '../../src/relay/groups.ts';
import { relayPatiently } from '../../src/relay/relay.ts';
import { Relayer } from '../../src/relay/relayer.ts';
import { finish } from '../../src/run/finish.ts';
import { RunReport } from '../../src/run/report.ts';
import { Timeline } from '../../src/run/timeline.ts';
import { defaultTimings } from '../../src/timings.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aLease } from '../run/a-run.ts';
import { aWorld, key, never, options, range, takesWrites, type World } from './worlds.ts';

describe('a Redis that refuses to write', () => {
  const refuse = () => takesWrites(false);
  const takeAgain = () => takesWrites(true);

  test('leaves the events in the outbox, and is reported', async () => {
    const world = await aWorld();
    await world.commit(2);
    await refuse();
    const relaying = relayPatiently(options, world.deps, never, 300);
    await expect(relaying).rejects.toThrow(UnreachableError);
    await expect(relaying).rejects.toThrow('refuses to write');
    expect((await world.system.target.outbox(beforeEverything, 10)).events).toHaveLength(2);
  });

  test('gets them as soon as it takes them again', async () => {
    const world = await aWorld();
    await world.commit(2);
    await refuse();
    const log = { ...silentLog, debug: () => void takeAgain() };
    const relayed = await relayPatiently(options, { ...world.deps, log }, never, 30_000);
    expect(relayed).toMatchObject({ appended: 2 });
    expect(await world.onStream()).toEqual([1, 2]);
  });
});

describe('the relay beside a run', () => {
  const aRelayer = (world: World) => new Relayer(options, world.deps, never);

  test('moves what was committed while the run continues, and returns how much at the end', async () => {
    const world = await aWorld();
    const relayer = aRelayer(world);
    for (let n = 0; n < 5; n += 1) {
      await world.commit(10);
      await relayer.committed();
    }
    expect(await relayer.drain(never, 5000)).toMatchObject({ appended: 50, outcome: 'caught-up' });
    expect(await world.onStream()).toEqual(range(1, 50));
    expect(await relayer.drain(never, 5000)).toMatchObject({ appended: 0 });
  });

  test('lets the run continue while Redis refuses, and moves the rest at the end', async () => {
    const world = await aWorld();
    const relayer = aRelayer(world);
    await takesWrites(false);
    for (let n = 0; n < 3; n += 1) {
      await world.commit(10);
      await relayer.committed();
    }
    await relayer.committed();
    expect(await world.onStream()).toEqual([]);
    await takesWrites(true);
    expect(await relayer.drain(never, 5000)).toMatchObject({ appended: 30 });
    expect(await world.onStream()).toEqual(range(1, 30));
  });

  test('stops the run if stream and database contradict each other, at the next commit and at the end', async () => {
    const world = await aWorld();
    const relayer = aRelayer(world);
    await redis.client.xadd(key, `${(await world.generation()) + 5}-0`, 'event', 'foreign');
    await world.commit(1);
    await relayer.committed();
    await expect(relayer.committed()).rejects.toThrow('GENAHEAD');
    await expect(relayer.drain(never, 5000)).rejects.toThrow('GENAHEAD');
  });
});

describe('the end of a run', () => {
  const holder = { token: 't', host: 'h', pid: 7, run: 'r1', startedAt: '2026-01-31T12:00:00.000Z' };

  async function end(world: World, { isTrusted = true, patienceMs = 5000, retainMs = 60_000, refusedForMs = 0 } = {}) {
    const report = new RunReport({ name: 'crm', adapter: 'acme', version: '0.0.0', holder }, Date.now());
    const timings = { ...defaultTimings, relayPatienceMs: patienceMs };
    const relayer = new Relayer(options, world.deps, never);
    if (refusedForMs > 0) await refuseFor(refusedForMs, relayer);
    const ending = {
      target: world.system.target,
      lease: { ...aLease, isTrusted: () => isTrusted },
      relayer,
      timings,
      timeline: new Timeline(),
    };
    await finish(report, retainMs, { ...ending, now: Date.now }, never);
    return { summary: report.summary(Date.now(), null), runs: await world.system.target.runs({ limit: 10 }) };
  }

  /** Redis already refuses while the run goes on. This time is part of the relay's patience, but not of the limit for the run's end. */
  async function refuseFor(ms: number, relayer: Relayer): Promise<void> {
    const since = performance.now();
    await relayer.committed();
    await vi.waitUntil(() => performance.now() >= since + ms);
  }

  test("relays the events, and writes the run's row", async () => {
    const world = await aWorld();
    await world.commit(3);
    const { summary, runs } = await end(world);
    expect(summary).toMatchObject({ exitCode: 0, relayed: 3 });
    expect(runs).toMatchObject([{ run: 'r1', exitCode: 0 }]);
    expect((await world.system.target.outbox(beforeEverything, 10)).events).toHaveLength(3);
  });

  test('is 69 if Redis refuses to write to the end, with the row written and every event kept', async () => {
    const world = await aWorld();
    await world.commit(3);
    await takesWrites(false);
    const { summary, runs } = await end(world, { patienceMs: 2000, refusedForMs: 500, retainMs: -60_000 });
    expect(summary).toMatchObject({ outcome: 'failed', exitCode: 69 });
    expect(summary.errors[0]?.message).toMatch(/^what was committed is safe, .* wait in the outbox .*refuses to write/);
    expect(runs).toMatchObject([{ exitCode: 69 }]);
    expect((await world.system.target.outbox(beforeEverything, 10)).events).toHaveLength(3);
  });

  test('forgets old events, except those that a listener has not acknowledged', async () => {
    const world = await aWorld();
    await ensureGroups([{ group: 'slow', from: 'beginning' }], world.deps);
    await world.commit(1);
    await world.commit(1);
    await end(world, { retainMs: -60_000 });
    expect((await world.system.target.outbox(beforeEverything, 10)).events).toHaveLength(2);
    const position = { generation: await world.generation(), seq: 1 };
    await world.system.target.saveGroups([{ group: 'slow', position }]);
    await end(world, { retainMs: -60_000 });
    expect(await world.system.target.outbox(beforeEverything, 10)).toMatchObject({ firstSeq: 2 });
  });

  test('leaves nothing but its row once the run has lost its lock', async () => {
    const world = await aWorld();
    await world.commit(3);
    const { runs } = await end(world, { isTrusted: false });
    expect(runs).toMatchObject([{ run: 'r1', phases: [] }]);
    expect(await world.onStream()).toEqual([]);
  });

  test('removes nothing from the outbox if stream and database contradict each other, and is 70', async () => {
    const world = await aWorld();
    await world.commit(1);
    await redis.client.xadd(key, `${(await world.generation()) + 5}-0`, 'event', 'foreign');
    const { summary, runs } = await end(world, { retainMs: -60_000 });
    expect(summary).toMatchObject({ exitCode: 70, errors: [{ message: expect.stringContaining('GENAHEAD') }] });
    expect(runs).toHaveLength(1);
    expect((await world.system.target.outbox(beforeEverything, 10)).events).toHaveLength(1);
  });
});

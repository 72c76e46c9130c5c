import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TargetType, targets } from '../helpers/crash-points.ts';
import { aFaultProxy, type FaultProxy } from '../helpers/fault-proxy.ts';
import { allDone, listenTimings } from '../helpers/listening.ts';
import { aReceiver, outOfOrder, webhookTo } from '../helpers/receiver.ts';
import { aRedis, type RedisServer } from '../helpers/redis.ts';
import { aProject, type BaseConfig, customers, eventually, expectInStep, type Project } from '../helpers/sync.ts';

/** A master and its replica, the link between them, and the address that cronsync knows, which leads to one of the two. */
interface Pair {
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly link: FaultProxy;
  readonly address: FaultProxy;
  leadsTo: RedisServer;
}

let pair: Pair;
beforeEach(async () => {
  const master = await aRedis({ args: ['--repl-diskless-sync-delay', '0'] });
  const replica = await aRedis();
  const link = await aFaultProxy(master.port);
  await replica.client.replicaof('127.0.0.1', link.port);
  await eventually(async () => (await replica.client.info('replication')).includes('master_link_status:up'));
  pair = { master, replica, link, address: await aFaultProxy(() => pair.leadsTo.port), leadsTo: master };
});
afterEach(async () => {
  await pair.address.stop();
  await pair.link.stop();
  await pair.replica.stop();
  await pair.master.stop();
});

/** The replica has all that the master has; it never receives what is written to the master from now on. */
async function cutTheLink(): Promise<void> {
  const offset = (info: string) => /master_repl_offset:(\d+)/.exec(info)?.[1];
  await eventually(async () => {
    const [ofMaster, ofReplica] = await Promise.all([
      pair.master.client.info('replication'),
      pair.replica.client.info('replication'),
    ]);
    return offset(ofMaster) === offset(ofReplica);
  });
  await pair.link.goAway();
}

/** The master dies, the replica is promoted, and the address leads to it. */
async function failOver(): Promise<void> {
  await pair.master.kill('SIGKILL');
  await pair.replica.client.replicaof('NO', 'ONE');
  pair.leadsTo = pair.replica;
}

interface Subject {
  readonly target: TargetType;
  readonly count: number;
  readonly ttl?: string;
  readonly per?: string;
  readonly listeners?: Readonly<Record<string, object>>;
}

/** The assertions ask the replica, which is the one that is left. */
function aProjectOnThePair({ target, count, ttl = '2s', per = '20ms', listeners = {} }: Subject): Promise<Project> {
  return aProject({
    ...{ redis: pair.replica, target, records: customers(count), ttl, throttle: { per } },
    timings: listenTimings,
    config: (base: BaseConfig) => ({
      ...base,
      adapters: { acme: { ...base.adapters.acme, timeout: '1s' } },
      redis: { url: `redis://127.0.0.1:${pair.address.port}` },
      listeners,
    }),
  });
}

describe.each(targets)('a replica that lost writes is promoted (%s)', (target) => {
  test('the lock is lost: a second run works beside the first, which is fenced out and writes nothing', async () => {
    await using project = await aProjectOnThePair({ target, count: 6, ttl: '60s' });
    await project.sync();
    project.serve(customers(9));
    await cutTheLink();
    const first = project.start(['run', '--json'], { env: { SYNC_CRASH_AT: 'after-response:1:SIGSTOP' } });
    await first.stopped();
    expect(await pair.master.client.exists(project.lockKey)).toBe(1);

    await failOver();
    expect(await pair.replica.client.exists(project.lockKey)).toBe(0);
    const second = await project.sync();
    expect(second.json()).toMatchObject({ outcome: 'done', exitCode: 0, counts: { created: 3 } });
    const before = await project.database.events();
    first.cont();

    const fenced = await first.finished;
    expect(fenced.exitCode).toBe(75);
    expect(await project.database.events()).toEqual(before);
    await expectInStep(project);
  });

  test('the slot is lost: the guard in the database denies the second hit inside the window', async () => {
    await using project = await aProjectOnThePair({ target, count: 4, per: '60s' });
    await cutTheLink();
    expect((await project.sync()).json()).toMatchObject({ outcome: 'done', hits: 1 });
    const slots = `{sync-throttle:127.0.0.1-${project.party.port}}:slots`;
    expect(await pair.master.client.exists(slots)).toBe(1);

    await failOver();
    expect(await pair.replica.client.exists(slots)).toBe(0);
    const run = await project.sync(['run', '--json', '--wait', '0s']);

    expect(run.json()).toMatchObject({ outcome: 'throttled', hits: 0, exitCode: 0 });
    expect(project.party.arrivals).toHaveLength(1);
    await expectInStep(project);
  });

  test('the end of the stream is lost: it is filled again, gap-free, under the same IDs', async () => {
    await using project = await aProjectOnThePair({ target, count: 5 });
    await project.sync();
    await cutTheLink();
    project.serve(customers(8));
    await project.sync();
    const whole = await pair.master.client.xrange(project.streamKey, '-', '+');
    expect(whole).toHaveLength(8);

    await failOver();
    expect(await project.streamEvents()).toHaveLength(5);
    project.serve(customers(10));
    expect((await project.sync()).json()).toMatchObject({ outcome: 'done', exitCode: 0 });

    expect((await pair.replica.client.xrange(project.streamKey, '-', '+')).slice(0, 8)).toEqual(whole);
    await expectInStep(project);
  });

  test('while a run appends: it ends with 69 or goes on, and no event is lost', async () => {
    await using project = await aProjectOnThePair({ target, count: 5 });
    await project.sync();
    await cutTheLink();
    project.serve(customers(12));
    const run = project.start(['run', '--json'], { env: { SYNC_CRASH_AT: 'after-append:1:SIGSTOP' } });
    await run.stopped();

    await failOver();
    run.cont();

    const { exitCode } = await run.finished;
    expect([0, 69, 75]).toContain(exitCode);
    await eventually(async () => (await project.sync()).exitCode === 0);
    await expectInStep(project);
  });

  test('while a daemon listens: it delivers every event, those again that it had acknowledged, and none is lost', async () => {
    await using receiver = await aReceiver();
    const listeners = { notify: webhookTo(receiver) };
    await using project = await aProjectOnThePair({ target, count: 10, listeners });
    const taken = () => new Set(receiver.taken().map(({ event }) => event.id));
    await project.sync();
    const daemon = project.start(['listen']);
    await eventually(() => taken().size === 10);
    await allDone(project);
    await cutTheLink();
    project.serve(customers(20));
    await project.sync();
    await eventually(() => taken().size === 20);
    // The replica has not even heard that there were such events.
    const unheard = Array.from({ length: 10 }, (_, at) => 11 + at);

    await failOver();
    project.serve(customers(30));
    await eventually(async () => (await project.sync()).exitCode === 0);

    await eventually(() => taken().size === 30);
    await allDone(project);
    const events = await project.database.events();
    expect(taken()).toEqual(new Set(events.map(({ id }) => id)));
    const times = Map.groupBy(receiver.taken(), ({ event }) => event.id);
    const again = events.filter(({ id }) => (times.get(id)?.length ?? 0) > 1);
    expect(again.map(({ sequence }) => Number(sequence))).toEqual(unheard);
    expect(outOfOrder(receiver.taken())).toEqual([]);
    expect(await project.database.query('SELECT * FROM _sync_dead')).toEqual([]);
    daemon.kill('SIGTERM');
    expect((await daemon.finished).exitCode).toBe(0);
    await expectInStep(project, { isTrimmed: true });
  });
});

describe('a replica as the address', () => {
  test('is refused: 69, who its master is, no hit, and nothing was written', async () => {
    await using project = await aProjectOnThePair({ target: 'sqlite', count: 3 });
    pair.leadsTo = pair.replica;

    const run = await project.sync(['run']);

    expect(run.exitCode).toBe(69);
    expect(run.stderr).toContain('is a replica');
    expect(run.stderr).toContain('nothing was written');
    expect(run.stderr).toContain(`follows 127.0.0.1:${pair.link.port}`);
    expect(project.party.arrivals).toEqual([]);
    expect(project.rows()).toEqual([]);
  });

  test('of a daemon is refused too', async () => {
    await using project = await aProjectOnThePair({
      ...{ target: 'sqlite', count: 3 },
      listeners: { audit: { on: ['*'], from: 'beginning', type: 'log' } },
    });
    pair.leadsTo = pair.replica;

    const daemon = await project.sync(['listen']);

    expect(daemon.exitCode).toBe(69);
    expect(daemon.stderr).toContain('is a replica');
  });

  test.each(['after-claim:1', 'committed:1'])(
    'that the master has become during a run, at %s: 69, and a master takes up what is left',
    async (at) => {
      await using project = await aProjectOnThePair({ target: 'sqlite', count: 6 });
      const run = project.start(['run', '--json'], { env: { SYNC_CRASH_AT: `${at}:SIGSTOP` } });
      await run.stopped();
      await pair.link.goAway();
      await pair.master.client.replicaof('127.0.0.1', pair.replica.port);
      run.cont();

      const ended = await run.finished;
      expect(ended.exitCode).toBe(69);
      await failOver();
      await eventually(async () => (await project.sync()).exitCode === 0);
      await expectInStep(project);
    },
  );
});

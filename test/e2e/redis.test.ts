import { readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { targets } from '../helpers/crash-points.ts';
import { freePort } from '../helpers/free-port.ts';
import { aRedis, type RedisServer } from '../helpers/redis.ts';
import {
  aCustomer,
  aProject,
  type BaseConfig,
  customers,
  eventually,
  expectInStep,
  type Project,
} from '../helpers/sync.ts';

let redis: RedisServer;
beforeEach(async () => {
  redis = await aRedis();
});
afterEach(() => redis.stop());

/** No database, no request: a run that cannot use its Redis leaves nothing behind. */
function expectUntouched({ party, query }: Project): void {
  expect(party.arrivals).toEqual([]);
  expect(query('SELECT name FROM sqlite_master')).toEqual([]);
}

describe('at the start', () => {
  test('Redis cannot be reached: 69, neither database nor third party are touched', async () => {
    const port = await freePort();
    const config = (base: BaseConfig) => ({ ...base, redis: { url: `redis://127.0.0.1:${port}` } });
    await using project = await aProject({ redis, records: customers(3), config });

    const run = await project.sync(['run']);

    expect(run.exitCode).toBe(69);
    expect(run.stderr).toContain(`127.0.0.1:${port}`);
    expect(run.stderr).toContain('nothing was written');
    expect(run.stderr).toContain('hint:');
    expectUntouched(project);
  });

  test('Redis accepts and never answers: 69, neither database nor third party are touched', async () => {
    const timings = { redisConnectMs: 300, redisCommandMs: 300 };
    await using project = await aProject({ redis, records: customers(3), timings });
    await redis.kill('SIGSTOP');

    const run = await project.sync(['run']);
    await redis.kill('SIGCONT');

    expect(run.exitCode).toBe(69);
    expectUntouched(project);
  });

  test('a wrong password is reported as what it is', async () => {
    await using project = await aProject({
      redis,
      config: (base) => ({ ...base, redis: { url: redis.url.replace('redis://', 'redis://:not-the-password@') } }),
    });
    await redis.client.config('SET', 'requirepass', 'the-password');

    const run = await project.sync(['run']);

    expect(run.exitCode).toBe(69);
    expect(run.stderr).toContain('refused the credentials');
    expect(run.stderr).not.toContain('not-the-password');
    expectUntouched(project);
  });

  test('a Redis that evicts keys is refused, unless the config allows it by name', async () => {
    await using project = await aProject({ redis, records: customers(3) });
    await redis.client.config('SET', 'maxmemory', '200mb');
    await redis.client.config('SET', 'maxmemory-policy', 'allkeys-lru');

    const refused = await project.sync(['run']);
    expect(refused.exitCode).toBe(78);
    expect(refused.stderr).toContain('allkeys-lru');
    expectUntouched(project);

    await project.reconfigure((config) => ({ ...config, redis: { ...config.redis, allowEviction: true } }));
    expect((await project.sync()).exitCode).toBe(0);
    await expectInStep(project);
  });
});

describe('during a run', () => {
  test.each([
    { at: 'after-claim:1', rows: 0 },
    { at: 'slot-taken:2', rows: 6 },
    { at: 'headers-in:1', rows: 6 },
    { at: 'commit-written:1', rows: 6 },
    { at: 'committed:1', rows: 6 },
    { at: 'after-append:1', rows: 6 },
  ])(
    'Redis dies at $at: 69, the page is written whole or not at all, and a Redis that comes back empty gets every event',
    async ({ at, rows }) => {
      const config = (base: BaseConfig) => ({ ...base, adapters: { acme: { ...base.adapters.acme, timeout: '1s' } } });
      await using project = await aProject({ redis, records: customers(6), config });
      const run = project.start(['run', '--json'], { env: { SYNC_CRASH_AT: `${at}:SIGSTOP` } });
      await run.stopped();

      await redis.kill();
      run.cont();
      const ended = await run.finished;

      expect(ended.exitCode).toBe(69);
      expect(project.rows()).toHaveLength(rows);
      expect(project.events()).toHaveLength(rows);
      const ids = project.events().map(({ id }) => id);

      await redis.restart();
      expect((await project.sync()).json()).toMatchObject({ outcome: 'done', exitCode: 0 });
      expect(
        project
          .events()
          .slice(0, rows)
          .map(({ id }) => id),
      ).toEqual(ids);
      await expectInStep(project);
    },
  );

  test('Redis is full: the data is committed, the events wait, and a later run delivers them', async () => {
    await using project = await aProject({ redis, records: customers(6) });
    const run = project.start(['run', '--json'], { env: { SYNC_CRASH_AT: 'commit-ready:1:SIGSTOP' } });
    await run.stopped();
    await redis.client.config('SET', 'maxmemory', '1mb');
    run.cont();
    const full = await run.finished;

    expect(full.exitCode).toBe(69);
    expect(
      full
        .json()
        .errors.map(({ message }) => message)
        .join(),
    ).toContain('OOM');
    expect(project.rows()).toHaveLength(6);
    expect(await redis.client.xlen(project.streamKey)).toBe(0);

    await redis.client.config('SET', 'maxmemory', '0');
    expect((await project.sync()).json()).toMatchObject({ outcome: 'done', relayed: 6 });
    await expectInStep(project);
  });
});

describe('between runs', () => {
  test('FLUSHALL loses no event: the stream is filled again, under the same IDs', async () => {
    await using project = await aProject({ redis, records: customers(5) });
    await project.sync();
    const before = await project.streamEvents();
    expect(before).toHaveLength(5);

    await redis.client.flushall();
    project.serve([...customers(5), aCustomer(6)]);
    expect((await project.sync()).exitCode).toBe(0);

    const after = await project.streamEvents();
    expect(after.slice(0, 5)).toEqual(before);
    await expectInStep(project);
  });

  test('a lost tail of the stream is filled again, under the same IDs', async () => {
    await using project = await aProject({ redis, records: customers(3) });
    await project.sync();
    const copy = await redis.client.dumpBuffer(project.streamKey);
    project.serve(customers(6));
    await project.sync();
    const whole = await project.streamEvents();

    await redis.client.restore(project.streamKey, 0, copy, 'REPLACE');
    project.serve(customers(7));
    expect((await project.sync()).exitCode).toBe(0);

    expect((await project.streamEvents()).slice(0, 6)).toEqual(whole);
    await expectInStep(project);
  });

  test.each(targets)('FLUSHALL opens no door to a second hit: the target remembers the slot (%s)', async (target) => {
    await using project = await aProject({ redis, target, records: customers(3), throttle: { per: '60s' } });
    await project.sync();
    await redis.client.flushall();

    const run = await project.sync(['run', '--json', '--wait', '0s']);

    expect(run.json()).toMatchObject({ outcome: 'throttled', hits: 0, exitCode: 0 });
    expect(project.party.arrivals).toHaveLength(1);
    await expectInStep(project);
  });

  test.each(targets)(
    'an append-only file that lost its end opens no door, and the stream is filled again, under the same IDs (%s)',
    async (target) => {
      const keeping = await aRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'everysec'] });
      await using project = await aProject({ redis: keeping, target, records: customers(5), throttle: { per: '60s' } });
      await project.sync();
      const whole = await project.streamEvents();
      await keeping.kill('SIGKILL');
      for (const file of await readdir(join(keeping.folder, 'appendonlydir')))
        if (file.endsWith('.incr.aof')) await truncate(join(keeping.folder, 'appendonlydir', file), 60);
      await keeping.restart();
      expect(await keeping.client.exists(`{sync-throttle:127.0.0.1-${project.party.port}}:slots`)).toBe(0);
      expect(await project.streamEvents()).toEqual([]);

      const run = await project.sync(['run', '--json', '--wait', '0s']);

      expect(run.json()).toMatchObject({ outcome: 'throttled', hits: 0, relayed: 5, exitCode: 0 });
      expect(await project.streamEvents()).toEqual(whole);
      expect(project.party.arrivals).toHaveLength(1);
      await expectInStep(project);
      await keeping.stop();
    },
  );

  test('a lost database opens no door either: Redis remembers the slot', async () => {
    await using project = await aProject({ redis, records: customers(3), throttle: { per: '60s' } });
    await project.sync();
    for (const suffix of ['', '-wal', '-shm']) await rm(project.file + suffix, { force: true });
    await redis.client.del(project.streamKey);

    const run = await project.sync(['run', '--json', '--wait', '0s']);

    expect(run.json()).toMatchObject({ outcome: 'throttled', hits: 0 });
    expect(project.party.arrivals).toHaveLength(1);
  });
});

describe('stream and database contradict each other', () => {
  /** What an alarmed run must leave as it is. */
  const kept = async (project: Project) => ({
    rows: await project.database.rows(),
    passes: await project.database.query('SELECT resource, checkpoint, seen FROM _sync_passes'),
    outbox: await project.database.query('SELECT * FROM _sync_outbox'),
    stream: await redis.client.xrange(project.streamKey, '-', '+'),
    hits: project.party.arrivals.length,
  });

  const expectAlarm = async (project: Project, alarm: string) => {
    const before = await kept(project);
    for (const _ of [1, 2]) {
      const run = await project.sync();
      expect(run.exitCode).toBe(70);
      expect(run.json().errors).toMatchObject([{ exitCode: 70 }]);
      expect(run.json().errors[0]?.message).toContain(alarm);
      expect(run.json().errors[0]?.hint).toContain('sync outbox rebase');
    }
    expect(await kept(project)).toEqual(before);
  };

  const expectCure = async (project: Project) => {
    const rebase = await project.sync(['outbox', 'rebase', '--yes', '--json']);
    expect(rebase.exitCode).toBe(0);
    expect((await project.sync()).json()).toMatchObject({ outcome: 'done', exitCode: 0 });
    await expectInStep(project);
    project.serve([...project.records, aCustomer(99)]);
    expect((await project.sync()).json()).toMatchObject({ relayed: 1 });
    await expectInStep(project);
  };

  test('GENAHEAD: somebody else wrote to the stream; a rebase puts every event on it', async () => {
    await using project = await aProject({ redis, records: customers(4) });
    await project.sync();
    await redis.client.xadd(project.streamKey, '*', 'event', '{"not":"ours"}');
    project.serve(customers(6));

    await expectAlarm(project, 'GENAHEAD');
    await expectCure(project);
  });

  test('GENAHEAD: somebody else used the largest ID there is; a rebase begins a new stream', async () => {
    await using project = await aProject({ redis, records: customers(4) });
    await project.sync();
    await redis.client.xadd(project.streamKey, '18446744073709551615-18446744073709551615', 'event', '{}');
    project.serve(customers(6));

    await expectAlarm(project, 'GENAHEAD');
    await expectCure(project);
  });

  test.each(targets)(
    'STREAMAHEAD: the database was restored from a backup; a rebase gives its events new numbers (%s)',
    async (target) => {
      await using project = await aProject({ redis, target, records: customers(4) });
      await project.sync();
      const restore = await project.database.backUp();
      project.serve(customers(8));
      await project.sync();
      await restore();
      project.serve(customers(6));

      await expectAlarm(project, 'STREAMAHEAD');
      await expectCure(project);
    },
  );

  test('STREAMDIVERGED: the same number stands for another event; a rebase gives new ones', async () => {
    await using project = await aProject({ redis, records: customers(4) });
    await project.sync();
    const [last] = (await project.streamEvents()).slice(-1);
    await redis.client.xdel(project.streamKey, last?.id ?? '');
    const copy = (await project.streamEvents()).map(({ id, event }) => ({ id, event: JSON.stringify(event) }));
    await redis.client.del(project.streamKey);
    for (const { id, event } of copy) await redis.client.xadd(project.streamKey, id, 'event', event);
    await redis.client.xadd(project.streamKey, last?.id ?? '', 'event', '{"another":"event"}');
    project.serve(customers(6));

    await expectAlarm(project, 'STREAMDIVERGED');
    await expectCure(project);
  });

  test('a key of another type is reported and left as it is', async () => {
    await using project = await aProject({ redis, records: customers(4) });
    await redis.client.set(project.streamKey, 'something else');

    const run = await project.sync();

    expect(run.exitCode).toBe(70);
    expect(run.stdout).toContain(project.streamKey);
    expectUntouched(project);
    expect(await redis.client.get(project.streamKey)).toBe('something else');
    expect(await redis.client.exists(project.lockKey)).toBe(0);
  });
});

describe('a listener that does not read', () => {
  const group = 'audit';
  const config = (base: BaseConfig) => ({
    ...base,
    events: { maxStream: 10 },
    listeners: { [group]: { on: ['*'], from: 'beginning', type: 'log' } },
  });

  /** Reads and acknowledges everything that is on the stream for the group, as a daemon does. */
  async function readAll({ streamKey }: Project): Promise<string[]> {
    const read = (await redis.client.xreadgroup('GROUP', group, 'me', 'COUNT', 1000, 'STREAMS', streamKey, '>')) as
      | [string, [string, string[]][]][]
      | null;
    const ids = (read?.[0]?.[1] ?? []).map(([id]) => id);
    if (ids.length > 0) await redis.client.xack(streamKey, group, ...ids);
    return ids;
  }

  test('pauses the relay; nothing is trimmed before it was read, and everything comes in order', async () => {
    await using project = await aProject({ redis, records: customers(25), config });

    const first = await project.sync();
    expect(first.json()).toMatchObject({ outcome: 'done', exitCode: 0, relayed: 10, isRelayPaused: true });
    expect(project.rows()).toHaveLength(25);
    expect((await project.sync()).json()).toMatchObject({ relayed: 0, isRelayPaused: true });
    expect(await redis.client.xlen(project.streamKey)).toBe(10);

    const seen = await readAll(project);
    expect((await project.sync()).json()).toMatchObject({ relayed: 10, isRelayPaused: true });
    seen.push(...(await readAll(project)));
    expect((await project.sync()).json()).toMatchObject({ relayed: 5, isRelayPaused: false });
    seen.push(...(await readAll(project)));

    expect(seen).toEqual(project.events().map(({ id }) => id.slice(id.lastIndexOf(':') + 1)));
    await expectInStep(project, { isTrimmed: true });
  });

  test('keeps what it has read and not acknowledged', async () => {
    await using project = await aProject({ redis, records: customers(10), config });
    await project.sync();
    await redis.client.xreadgroup('GROUP', group, 'me', 'COUNT', 1, 'STREAMS', project.streamKey, '>');
    await readAll(project);
    project.serve(customers(12));

    expect((await project.sync()).json()).toMatchObject({ relayed: 0, isRelayPaused: true });
    expect(await redis.client.xlen(project.streamKey)).toBe(10);
  });

  test('has its group made again when Redis comes back empty, and gets what it had not acknowledged', async () => {
    await using project = await aProject({ redis, records: customers(6), config });
    await project.sync();
    await redis.restart();

    expect((await project.sync()).exitCode).toBe(0);

    expect(await readAll(project)).toEqual((await project.streamEvents()).map(({ id }) => id));
    await expectInStep(project);
  });
});

test('Redis answers again within the time that a run gives it: nobody notices', async () => {
  await using project = await aProject({
    redis,
    records: customers(6),
    ttl: '60s',
    timings: { relayPatienceMs: 30_000 },
  });
  const run = project.start(['run', '--json'], { env: { SYNC_CRASH_AT: 'committed:1:SIGSTOP' } });
  await run.stopped();
  await redis.client.config('SET', 'maxmemory', '1mb');
  run.cont();
  await eventually(() => project.events().length === 6);

  await redis.client.config('SET', 'maxmemory', '0');

  expect((await run.finished).json()).toMatchObject({ outcome: 'done', exitCode: 0, relayed: 6 });
  await expectInStep(project);
});

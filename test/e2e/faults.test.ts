import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aFaultProxy, type Fault, type FaultProxy } from '../helpers/fault-proxy.ts';
import { aPostgres, type PostgresDatabase, wire } from '../helpers/postgres.ts';
import { startPostgres } from '../helpers/postgres-server.ts';
import { redis } from '../helpers/suite-redis.ts';
import {
  aCustomer,
  aProject,
  type BaseConfig,
  customers,
  eventually,
  expectInStep,
  type Project,
  type ProjectOptions,
} from '../helpers/sync.ts';

/** Seconds that take less: a server that is silent is given up after three times the idle time. */
const timings = { targetBusyMs: 2000, targetIdleMs: 1000, slotReserveMs: 1500 };

function withTimeout(config: BaseConfig) {
  return { ...config, adapters: { acme: { ...config.adapters.acme, timeout: '1s' } } };
}

describe('between cronsync and Postgres', () => {
  let database: PostgresDatabase;
  let proxy: FaultProxy;
  beforeEach(async () => {
    database = await aPostgres();
    proxy = await aFaultProxy(database.port);
  });
  afterEach(async () => {
    await proxy.stop();
    await database[Symbol.asyncDispose]();
  });

  const aProjectBehindIt = (options: Partial<ProjectOptions> = {}) =>
    aProject({
      ...{ redis, target: database, timings, records: customers(8), dialect: 'cursor', pageSize: 4 },
      config: (config) => ({
        ...withTimeout(config),
        target: { type: 'postgres', url: database.urlFor({ port: proxy.port }) },
        guard: { maxDeletes: '100%', confirm: 1 },
      }),
      ...options,
    });

  const expectDone = async (project: Project) => {
    const run = await project.sync();
    expect(run.json()).toMatchObject({ outcome: 'done', exitCode: 0, errors: [] });
    await expectInStep(project);
  };

  /** The n-th transaction meets the fault, for every n there is: tables, claim, groups, slot, pages, sweep, the run's row. */
  async function atEveryCommit(fault: Fault, aSubject: () => Promise<Project>): Promise<number> {
    for (let nth = 1; ; nth += 1) {
      await using project = await aSubject();
      const before = proxy.seen(wire.commit);
      proxy.next(wire.commit, ...Array<Fault>(nth - 1).fill('pass'), fault);
      await expectDone(project);
      const commits = proxy.seen(wire.commit) - before;
      proxy.forget();
      if (commits < nth) return nth - 1;
      await database.sql('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    }
  }

  test.each<Fault>(['cut-after-request', wire.commitLost])(
    'every COMMIT of a first run meets %j: the run goes on, and everything is written once',
    async (fault) => {
      expect(await atEveryCommit(fault, () => aProjectBehindIt({ pageSize: 8 }))).toBeGreaterThan(10);
    },
  );

  test('every COMMIT of a run that updates and deletes loses its answer: everything is written once', async () => {
    const aSubject = async () => {
      const project = await aProjectBehindIt({ pageSize: 8 });
      await expectDone(project);
      project.serve([aCustomer(1, { status: 'newer' }), ...customers(4, 3), aCustomer(20)]);
      return project;
    };
    expect(await atEveryCommit(wire.commitLost, aSubject)).toBeGreaterThan(6);
  });

  test.each<Fault>(['cut', 'cut-after-request', 'drop-reply', 'black-hole', { delayMs: 700 }])(
    'the middle of a COPY meets %j: it is copied again, as a whole',
    async (fault) => {
      await using project = await aProjectBehindIt({ records: customers(3000), pageSize: 3000, ttl: '20s' });
      proxy.next('person1500@example.com', fault);
      await expectDone(project);
      expect(await database.rows('SELECT count(*)::int AS n FROM _sync_records')).toEqual([{ n: 3000 }]);
    },
  );

  test.each(['_sync_lease', '_sync_throttle', 'FOR NO KEY UPDATE', '_sync_outbox', '_sync_passes', wire.commit])(
    'a connection that goes silent at %j is given up, and the run goes on with another one',
    async (text) => {
      // A slot that lasts longer than the silence: else the run ends with 75 where the silence falls on the slot.
      await using project = await aProjectBehindIt({ ttl: '20s', timings: { ...timings, slotReserveMs: 6000 } });
      await project.sync();
      project.serve([aCustomer(1, { status: 'newer' }), ...customers(9, 2)]);
      const connections = proxy.seen('cronsync:');
      proxy.next(text, 'black-hole');
      await expectDone(project);
      expect(proxy.seen('cronsync:')).toBeGreaterThan(connections + 1);
    },
  );

  test('a connection that goes silent while a slot is taken makes that slot old: it is given back, and the hit leaves with another', async () => {
    await using project = await aProjectBehindIt({ ttl: '20s' });
    proxy.next("'turn' FOR UPDATE", 'black-hole');
    const run = await project.sync();
    expect(run.json()).toMatchObject({ outcome: 'done', exitCode: 0 });
    expect(project.party.arrivals).toHaveLength(run.json().hits);
    expect(project.party.tooEarly).toEqual([]);
    await expectInStep(project);
  });

  test.each(['after-claim:1', 'slot-taken:2', 'headers-in:1', 'commit-written:1', 'committed:1', 'before-sweep:1'])(
    'the database goes away at %s and comes back: the run waits for it, and nothing is lost',
    async (at) => {
      await using project = await aProjectBehindIt({ ttl: '20s', timings: { ...timings, targetBusyMs: 20_000 } });
      const run = project.start(['run', '--json'], { env: { SYNC_CRASH_AT: `${at}:SIGSTOP` } });
      await run.stopped();
      const connections = proxy.seen('cronsync:');
      proxy.always('cut');
      run.cont();
      await eventually(() => proxy.seen('cronsync:') > connections);
      proxy.always('pass');

      expect((await run.finished).json()).toMatchObject({ outcome: 'done', exitCode: 0 });
      await expectInStep(project);
    },
  );

  test.each(['after-lock:1', 'after-claim:1', 'slot-taken:2', 'commit-written:1', 'committed:1', 'before-sweep:1'])(
    'the database goes away at %s and stays away: 69, and the next run goes on from the last commit',
    async (at) => {
      await using project = await aProjectBehindIt({ timings: { ...timings, targetBusyMs: 200 } });
      const run = project.start(['run', '--json'], { env: { SYNC_CRASH_AT: `${at}:SIGSTOP` } });
      await run.stopped();
      await proxy.goAway();
      run.cont();

      const ended = await run.finished;
      expect(ended.exitCode).toBe(69);
      expect(`${ended.stdout}${ended.stderr}`).toContain('cannot be reached');
      await proxy.comeBack();
      await expectDone(project);
    },
  );

  test('the answer to a COMMIT is lost, and the database is back when the run ends: 69, no alarm, and written once', async () => {
    await using project = await aProjectBehindIt({ pageSize: 8, timings: { ...timings, targetBusyMs: 400 } });
    const run = project.start(['run', '--json'], { env: { SYNC_CRASH_AT: 'commit-ready:1:SIGSTOP' } });
    await run.stopped();
    proxy.next(wire.commit, wire.commitLost);
    proxy.next('cronsync:', ...Array<Fault>(1000).fill('cut'));
    // The run ends once it has asked where the stream stands: it relays what is left.
    const looks = async () => {
      const stats = await redis.client.info('commandstats');
      return Number(/cmdstat_exists:calls=(\d+)/.exec(stats)?.[1] ?? 0);
    };
    const before = await looks();
    run.cont();
    await eventually(async () => (await looks()) > before);
    proxy.forget();

    const ended = await run.finished;
    expect(ended.json()).toMatchObject({ outcome: 'failed', exitCode: 69, errors: [{ exitCode: 69 }] });
    expect(ended.json().errors[0]?.message).toContain('went away during a commit');
    expect(await project.database.rows()).toHaveLength(8);
    expect(await database.rows('SELECT 1 FROM _sync_runs')).toHaveLength(1);
    await expectDone(project);
  });

  test('a server that takes a connection and never answers: 69 says so, no hit is made, and the lock is free', async () => {
    await using project = await aProjectBehindIt({ timings: { ...timings, targetConnectMs: 200, targetBusyMs: 100 } });
    proxy.always('black-hole');

    const run = await project.sync(['run']);

    expect(run.exitCode).toBe(69);
    expect(run.stderr).toContain('cannot be reached');
    expect(run.stderr).toContain('nothing was written');
    expect(project.party.arrivals).toEqual([]);
    expect(await redis.client.exists(project.lockKey)).toBe(0);
  });

  test('a server that is silent when a run says goodbye keeps neither the run nor its lock', async () => {
    await using project = await aProjectBehindIt({ timings: { ...timings, targetCloseMs: 200 } });
    proxy.next(wire.terminate, 'black-hole', 'black-hole');
    await expectDone(project);
    expect(proxy.seen(wire.terminate)).toBeGreaterThan(0);
    expect(await redis.client.exists(project.lockKey)).toBe(0);
  });

  test('a standby is read-only: 69 says so, no hit is made, and nothing was written', async () => {
    const server = await startPostgres();
    await using project = await aProject({
      ...{ redis, records: customers(3) },
      config: (config) => ({ ...config, target: { type: 'postgres', url: server.url } }),
    });
    expect((await project.sync()).exitCode).toBe(0);
    await server.becomeStandby();

    const run = await project.sync(['run']);
    const status = await project.sync(['status', '--json']);
    await server.stop();

    expect(run.exitCode).toBe(69);
    expect(run.stderr).toContain('is read-only');
    expect(run.stderr).toContain('nothing was written');
    expect(run.stderr).toContain('let `target.url` name the primary');
    expect(project.party.arrivals).toHaveLength(1);
    expect(status.exitCode).toBe(0);
  });

  test('a database that becomes read-only during a run: 69, the page is not written, and later it is', async () => {
    await using project = await aProjectBehindIt();
    const run = project.start(['run', '--json'], { env: { SYNC_CRASH_AT: 'after-response:1:SIGSTOP' } });
    await run.stopped();
    await database.sql(`ALTER DATABASE ${database.name} SET default_transaction_read_only = on`);
    await database.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'cronsync%'
      AND datname = current_database()`);
    run.cont();

    const ended = await run.finished;
    expect(ended.exitCode).toBe(69);
    expect(ended.json().errors[0]?.message).toContain('is read-only');
    expect(await project.database.rows()).toEqual([]);
    await database.sql(`ALTER DATABASE ${database.name} RESET default_transaction_read_only`);
    await expectDone(project);
  });

  test('a deadlock with the system, in which Postgres ends our transaction: it is done again, as a whole', async () => {
    await database.sql(`ALTER DATABASE ${database.name} SET deadlock_timeout = '10ms'`);
    await using project = await aProjectBehindIt({ records: customers(1), ttl: '60s' });
    await project.sync();
    project.serve([aCustomer(1, { status: 'newer' }), aCustomer(2)]);
    const run = project.start(['run', '--json'], { env: { SYNC_CRASH_AT: 'commit-planned:1:SIGSTOP' } });
    await run.stopped();
    const system = await database.session();
    await system.query("SET deadlock_timeout = '20s'; BEGIN; INSERT INTO customers (id) VALUES ('2')");
    const waiting = system.query("UPDATE customers SET email = 'system' WHERE id = '1'");
    await eventually(async () => (await waitingFor(database)) === 1);
    run.cont();

    await waiting;
    await system.query('ROLLBACK');
    expect((await run.finished).json()).toMatchObject({ outcome: 'done', exitCode: 0 });
    await eventually(async () => (await deadlocksOf(database)) === 1);
    await expectInStep(project);
  });

  test('a row that moves to another partition meanwhile (40001): the transaction is done again, as a whole', async () => {
    await database.sql(partitionedBySystem);
    await using project = await aProjectBehindIt({ records: customers(2), ttl: '60s' });
    await expectDone(project);
    project.serve([aCustomer(1, { status: 'newer' }), aCustomer(2, { status: 'newer' })]);
    const system = await database.session();
    await system.query('SELECT pg_advisory_lock(7)');
    const run = project.start(['run', '--json']);
    await eventually(async () => (await waitingFor(database)) === 1);
    const before = proxy.seen('FOR NO KEY UPDATE');
    await system.query("UPDATE customers SET id = 'moved' WHERE id = '2'");
    await system.query('SELECT pg_advisory_unlock(7)');

    expect((await run.finished).json()).toMatchObject({ outcome: 'done', exitCode: 0 });
    expect(proxy.seen('FOR NO KEY UPDATE')).toBe(before + 1);
    expect(await database.rows('SELECT id, email, state FROM customers ORDER BY id')).toMatchObject([
      { id: '1', state: 'newer' },
      { id: '2', state: 'newer' },
      { id: 'moved', state: 'active' },
    ]);
  });
});

describe('between cronsync and Redis', () => {
  test.each<Fault>(['cut-after-request', 'drop-reply'])(
    'every script of a run meets "%s": it is sent again, and has happened once',
    async (fault) => {
      await using proxy = await aFaultProxy(redis.port);
      for (let nth = 1, isOver = false; !isOver; nth += 1) {
        await using project = await aProject({
          ...{ redis, timings, records: customers(4), ttl: '20s' },
          config: (config) => ({ ...withTimeout(config), redis: { url: `redis://127.0.0.1:${proxy.port}` } }),
        });
        const before = proxy.seen('EVAL');
        proxy.next('EVAL', ...Array<Fault>(nth - 1).fill('pass'), fault);
        const run = await project.sync();
        expect(run.json()).toMatchObject({ outcome: 'done', hits: 1, exitCode: 0 });
        await expectInStep(project);
        isOver = proxy.seen('EVAL') - before < nth;
        proxy.forget();
      }
    },
  );
});

describe('between cronsync and the third party', () => {
  test.each<[Fault, number]>([
    ['cut', 0],
    ['cut-after-request', 1],
    ['drop-reply', 1],
    ['black-hole', 0],
    [{ delayMs: 1500 }, 1],
  ])('a request meets %j: 69, the slot stays closed, and the next run goes on', async (fault, most) => {
    let port = 0;
    await using proxy = await aFaultProxy(() => port);
    await using project = await aProject({
      ...{ redis, timings, records: customers(6), dialect: 'cursor', pageSize: 3, throttle: { per: '100ms' } },
      config: (config) => {
        const { acme } = config.adapters;
        return { ...config, adapters: { acme: { ...acme, timeout: '1s', baseUrl: `http://127.0.0.1:${proxy.port}` } } };
      },
    });
    ({ port } = project.party);
    proxy.next('GET /', 'pass', fault);

    const run = await project.sync();
    expect(run.json()).toMatchObject({ outcome: 'failed', hits: 2, exitCode: 69, counts: { created: 3 } });
    expect(project.party.arrivals.length).toBeLessThanOrEqual(1 + most);
    const next = await project.sync(['run', '--json', '--wait', '0s']);
    expect(next.json()).toMatchObject({ hits: 0 });
    await eventually(async () => (await project.sync()).json().outcome === 'done');
    await expectInStep(project);
  });
});

/** Reading a state waits for an advisory lock: time to move another row of the same statement. */
const partitionedBySystem = `
  CREATE TYPE mood AS ENUM ('active', 'newer');
  CREATE FUNCTION slowly(mood) RETURNS text LANGUAGE plpgsql SET lock_timeout = '20s' AS $$ BEGIN
    PERFORM pg_advisory_xact_lock_shared(7); RETURN CASE $1 WHEN 'active' THEN 'active' ELSE 'newer' END; END $$;
  CREATE CAST (mood AS text) WITH FUNCTION slowly(mood);
  CREATE TABLE customers (id text COLLATE "C" PRIMARY KEY, email text, state mood, tags jsonb, deleted_at timestamptz)
    PARTITION BY RANGE (id);
  CREATE TABLE numbers PARTITION OF customers FOR VALUES FROM ('0') TO ('a');
  CREATE TABLE letters PARTITION OF customers FOR VALUES FROM ('a') TO ('zz')`;

async function waitingFor(database: PostgresDatabase): Promise<number> {
  const rows = await database.rows(
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
  );
  return rows.length;
}

async function deadlocksOf({ rows, name }: PostgresDatabase): Promise<number> {
  const [row] = await rows(`SELECT deadlocks::int FROM pg_stat_database WHERE datname = '${name}'`);
  return Number(row?.deadlocks);
}

import type { Client } from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Removal } from '../../../src/batch.ts';
import { ConfigError, FencedError, IntegrityError, UnreachableError } from '../../../src/errors.ts';
import type { Target } from '../../../src/target.ts';
import { addressOf } from '../../../src/targets/postgres/connection/address.ts';
import { createConnection } from '../../../src/targets/postgres/connection/connection.ts';
import { patienceOf } from '../../../src/targets/postgres/connection/patience.ts';
import type { Session } from '../../../src/targets/postgres/connection/session.ts';
import { openPostgresReader } from '../../../src/targets/postgres/reader.ts';
import { defaultTimings, type Timings } from '../../../src/timings.ts';
import {
  ada,
  adaMoved,
  batchOf,
  bob,
  checkpointOf,
  customersTable,
  eve,
  record,
  takeOver,
  write,
} from '../../contracts/target.ts';
import { aFaultProxy, type Fault, type FaultProxy } from '../../helpers/fault-proxy.ts';
import { wire } from '../../helpers/postgres.ts';
import { aPostgresWorld, type PostgresWorld } from './a-postgres-target.ts';

const never = new AbortController().signal;
const whole = () => ({ checkpoint: checkpointOf(7) });
const timings = { ...defaultTimings, targetBusyStepMs: 5 };

async function sequenceOf(target: Target): Promise<readonly string[]> {
  const { events } = await target.outbox({ generation: 0, seq: 0 }, 1000);
  return events.map((event) => JSON.parse(event)).map(({ id, subject }) => `${id.split('-').at(-1)}:${subject}`);
}

async function aProxyTo({ database }: PostgresWorld): Promise<{ readonly proxy: FaultProxy; readonly url: string }> {
  const proxy = await aFaultProxy(database.port);
  onTestFinished(() => proxy.stop());
  return { proxy, url: database.urlFor({ port: proxy.port }) };
}

async function throughProxy(world: PostgresWorld, changes: Partial<Timings> = {}) {
  const { proxy, url } = await aProxyTo(world);
  return { proxy, target: await takeOver(await world.open({ url, timings: { ...timings, ...changes } })) };
}

function removalOf(ids: readonly number[], changes: Partial<Removal> = {}): Removal {
  const events = { source: '/test', silent: false };
  return { table: customersTable(), ids, missing: [], found: [], events, checkpoint: whole, ...changes };
}

describe('a transaction in which a statement fails', () => {
  const cases: (readonly [how: string, work: (session: Session) => Promise<unknown>])[] = [
    ['that is overlooked', (session) => session.query('SELECT 1 / 0').catch(() => {})],
    ['that nobody waits for', async (session) => session.send('SELECT 1 / 0')],
  ];

  test.each(cases)('%s is not taken for committed, and the next one is', async (_how, work) => {
    const { database, sql, rows } = await aPostgresWorld();
    await sql('CREATE TABLE kept (n integer)');
    await using connection = createConnection(addressOf(database), 'cronsync:crm', patienceOf(timings), 'write');
    const keep = async (session: Session) => void (await session.query('INSERT INTO kept VALUES (1)'));
    const failing = connection.transaction(async (session) => {
      await keep(session);
      await work(session);
    });
    await expect(failing).rejects.toThrow(/a statement had failed|division by zero/);
    expect(await rows('SELECT * FROM kept')).toEqual([]);
    await connection.transaction(keep);
    expect(await rows('SELECT n FROM kept')).toEqual([{ n: 1 }]);
  });
});

test('questions that are asked at once are not asked any more, outside of their transaction, once one has failed', async () => {
  const world = await aPostgresWorld();
  const target = await takeOver(await world.open());
  await world.sql('DROP TABLE _sync_rejects');
  let asked: Promise<unknown>[] = [];
  const atOnce = target.atOnce((ask) => {
    asked = [ask.countRejects('customers'), ask.fence(), ask.groups(), ask.pass('customers')];
    return Promise.all(asked);
  });
  await expect(atOnce).rejects.toThrow('_sync_rejects');
  const settled = await Promise.allSettled(asked);
  expect(settled.map(({ status }) => status)).toEqual(asked.map(() => 'rejected'));
});

describe('a connection that breaks', () => {
  const stages = [
    'BEGIN',
    'FOR UPDATE',
    'SKIP LOCKED',
    'SAVEPOINT',
    'INSERT INTO',
    '_sync_outbox',
    '_sync_passes',
    'COMMIT',
  ];
  const faults: readonly Fault[] = ['cut', 'cut-after-request', 'drop-reply'];
  const cases: (readonly [stage: string, fault: Fault])[] = [
    ...stages.flatMap((stage) => faults.map((fault) => [stage, fault] as const)),
    ['COMMIT', wire.commitLost],
  ];

  test.each(cases)('at %j (%j) leaves a commit whole, and done once', async (stage, fault) => {
    const world = await aPostgresWorld();
    const { proxy, target } = await throughProxy(world);
    await write(target, [ada]);
    expect(await target.countLive('customers')).toBe(1);
    const connections = proxy.seen('cronsync:crm');
    proxy.next(stage === 'COMMIT' ? wire.fencedCommit : stage, fault);
    expect(await write(target, [adaMoved, bob, eve], { checkpoint: whole })).toMatchObject({
      ids: [1, 2, 3],
      counts: { created: 2, updated: 1 },
      nextSeq: 5,
    });
    expect(proxy.seen('cronsync:crm')).toBeGreaterThan(connections);
    expect(await sequenceOf(target)).toEqual(['1:1', '2:1', '3:2', '4:3']);
    expect((await target.pass('customers'))?.checkpoint).toEqual(checkpointOf(7));
    expect(await target.countLive('customers')).toBe(3);
    expect(await write(target, [ada])).toMatchObject({ nextSeq: 6 });
  });

  test('and stays broken ends the run, with nothing written', async () => {
    const world = await aPostgresWorld();
    const { proxy, target } = await throughProxy(world, { targetBusyMs: 50 });
    await proxy.goAway();
    await expect(write(target, [ada])).rejects.toThrow(UnreachableError);
    expect(await world.rows('SELECT id FROM customers')).toEqual([]);
    await proxy.comeBack();
    expect(await write(target, [ada])).toMatchObject({ ids: [1] });
  });

  test('and is made again to a server that does not answer is given up, and made once more', async () => {
    const world = await aPostgresWorld();
    const { proxy, target } = await throughProxy(world, { targetConnectMs: 100, targetBusyMs: 50 });
    proxy.next('FOR UPDATE', 'cut');
    proxy.next('cronsync:crm', 'black-hole');
    expect(await write(target, [ada])).toMatchObject({ ids: [1], nextSeq: 2 });
    expect(await sequenceOf(target)).toEqual(['1:1']);
  });

  test.each<Fault>([wire.commitLost, 'cut'])(
    'at COMMIT (%j) and stays broken leaves both ends possible: the run goes on from the one that it finds',
    async (fault) => {
      const world = await aPostgresWorld();
      const { proxy, target } = await throughProxy(world, { targetBusyMs: 50 });
      await write(target, [ada]);
      proxy.next(wire.fencedCommit, fault);
      proxy.next('cronsync:crm', ...Array<Fault>(1000).fill('cut'));
      await expect(write(target, [adaMoved, bob])).rejects.toThrow(/went away during a commit/);
      proxy.forget();
      await target.saveGroups([]);
      const happened = fault === wire.commitLost;
      expect(await target.countLive('customers')).toBe(happened ? 2 : 1);
      expect(await write(target, [adaMoved, bob, eve])).toMatchObject({ nextSeq: 5 });
      expect(await sequenceOf(target)).toEqual(['1:1', '2:1', '3:2', '4:3']);
    },
  );

  test('silently, from the first byte on, is tried twice and then reported as a server that cannot be reached', async () => {
    const world = await aPostgresWorld();
    const { proxy, url } = await aProxyTo(world);
    const target = await world.open({ url, timings: { ...timings, targetConnectMs: 100, targetBusyMs: 50 } });
    proxy.always('black-hole');
    await expect(takeOver(target)).rejects.toThrow(/cannot be reached/);
    expect(proxy.seen('cronsync:crm')).toBe(2);
  });

  test('silently, at its end, is torn down: nobody waits for a server that does not even answer that', async () => {
    const world = await aPostgresWorld();
    const { proxy, target } = await throughProxy(world, { targetCloseMs: 100 });
    await write(target, [ada]);
    await target.countLive('customers');
    proxy.next(wire.terminate, 'black-hole');
    await target[Symbol.asyncDispose]();
    expect(proxy.seen(wire.terminate)).toBe(1);
  });

  test('because the server ended it, while it waited for the fence row, is made again', async () => {
    const world = await aPostgresWorld();
    const target = await takeOver(await world.open());
    const holder = await world.database.session();
    await holder.query('BEGIN; SELECT 1 FROM _sync_lease FOR UPDATE');
    const writing = write(target, [ada]);
    const [pid] = await world.waiting();
    await holder.query('SELECT pg_terminate_backend($1)', [pid]);
    await holder.query('COMMIT');
    expect(await writing).toMatchObject({ ids: [1], nextSeq: 2 });
    expect(await sequenceOf(target)).toEqual(['1:1']);
  });

  test('during a removal leaves it whole, and done once', async () => {
    const world = await aPostgresWorld();
    const { proxy, target } = await throughProxy(world);
    const { ids } = await write(target, [ada, bob]);
    proxy.next(wire.fencedCommit, wire.commitLost);
    expect(await target.remove(removalOf(ids), never)).toMatchObject({ counts: { deleted: 2 }, nextSeq: 5 });
    expect(await target.countLive('customers')).toBe(0);
    expect(await sequenceOf(target)).toEqual(['1:1', '2:2', '3:1', '4:2']);
  });
});

describe('a newer run', () => {
  test('locks out one that waits for the fence row already', async () => {
    const world = await aPostgresWorld();
    const old = await takeOver(await world.open());
    const newer = await world.database.session();
    await newer.query('BEGIN; UPDATE _sync_lease SET fence = fence + 1');
    const writing = write(old, [ada]);
    const failing = expect(writing).rejects.toThrow(FencedError);
    await world.waiting();
    await newer.query('COMMIT');
    await failing;
    expect(await world.rows('SELECT id FROM customers')).toEqual([]);
  });

  test('waits for a transaction of an older run, and then finds all that it wrote', async () => {
    const world = await aPostgresWorld();
    await takeOver(await world.open());
    const old = await world.database.session();
    await old.query("BEGIN; UPDATE _sync_lease SET next_seq = 5, last_tx = 'old'");
    const takingOver = takeOver(await world.open());
    await world.waiting();
    await old.query('COMMIT');
    expect(await (await takingOver).fence()).toMatchObject({ fence: 2, nextSeq: 5 });
  });

  test.each(['next_seq = 1', "last_tx = 'another'"])('finds out that the database lost commits: %s', async (change) => {
    const world = await aPostgresWorld();
    const target = await takeOver(await world.open());
    await write(target, [ada]);
    await world.sql(`UPDATE _sync_lease SET ${change}`);
    await expect(write(target, [bob])).rejects.toThrow(IntegrityError);
    expect(await world.rows('SELECT id FROM customers')).toEqual([{ id: '1' }]);
  });

  test('that starts with four others on an empty database gets a fence of its own', async () => {
    const world = await aPostgresWorld();
    const targets = await Promise.all(Array.from({ length: 5 }, () => world.open()));
    const takeovers = targets.map((target, n) =>
      target.takeOver({ run: `${n}`, holder: 'h:1' }, [customersTable()], 0),
    );
    expect((await Promise.all(takeovers)).map(({ fence }) => fence).sort()).toEqual([1, 2, 3, 4, 5]);
  });
});

describe.each(['40001', '40P01'])('a transaction that fails with %s', (code) => {
  const failing = (times: number) => `
    CREATE SEQUENCE tries;
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF nextval('tries') <= ${times} THEN RAISE 'once more' USING ERRCODE = '${code}'; END IF; RETURN NEW; END $$;
    CREATE TRIGGER fail BEFORE INSERT ON customers FOR EACH ROW EXECUTE FUNCTION fail()`;

  test('is repeated as a whole', async () => {
    const world = await aPostgresWorld();
    const target = await takeOver(await world.open());
    await world.sql(failing(2));
    expect(await write(target, [ada, bob])).toMatchObject({ ids: [1, 2], refused: [], nextSeq: 3 });
    expect(await sequenceOf(target)).toEqual(['1:1', '2:2']);
  });

  test('again and again ends the run, with nothing written', async () => {
    const world = await aPostgresWorld();
    const target = await takeOver(await world.open());
    await world.sql(failing(1000));
    await expect(write(target, [ada])).rejects.toThrow(/is busy.*nothing was written/);
    expect(await world.rows('SELECT id FROM customers')).toEqual([]);
  });
});

test.each(['read uncommitted', 'read committed', 'repeatable read', 'serializable'])(
  'two runs that write at once lose nothing where the default is %s',
  async (level) => {
    const world = await aPostgresWorld();
    await world.sql(`ALTER DATABASE ${world.database.name} SET default_transaction_isolation = '${level}'`);
    const people = customersTable({ table: 'people' });
    const [crm, billing] = [
      await takeOver(await world.open()),
      await takeOver(await world.open({ name: 'billing' }), people),
    ];
    for (let n = 0; n < 5; n += 1) {
      const some = record(`${n}`, 'x', n, null, null, null);
      await Promise.all([write(crm, [some]), write(billing, [some], { table: people })]);
    }
    expect(await sequenceOf(crm)).toEqual(['1:0', '2:1', '3:2', '4:3', '5:4']);
    expect(await sequenceOf(billing)).toEqual(['1:0', '2:1', '3:2', '4:3', '5:4']);
  },
);

describe('a row that the system holds locked', () => {
  test('is named and left out, the others are written, and no checkpoint is stored', async () => {
    const world = await aPostgresWorld();
    const target = await takeOver(await world.open());
    await write(target, [ada, bob]);
    const system = await world.database.session();
    await system.query("BEGIN; UPDATE customers SET email = 'system' WHERE id = '1'");
    const bobMoved = record('2', 'bob@new.example', 0, 0, false, null);
    expect(await write(target, [adaMoved, bobMoved, eve], { checkpoint: whole })).toMatchObject({
      busy: ['1'],
      ids: [2, 3],
      counts: { created: 1, updated: 1 },
    });
    expect(await target.pass('customers')).toBeNull();
    await system.query('COMMIT');
    expect(await write(target, [adaMoved], { checkpoint: whole })).toMatchObject({ busy: [], ids: [1] });
    const { events } = await target.outbox({ generation: 0, seq: 0 }, 100);
    expect(JSON.parse(events.at(-1) ?? '').data.before.email).toBe('system');
  });

  test('and that is to be deleted is named, and nothing is counted until it is free', async () => {
    const world = await aPostgresWorld();
    const target = await takeOver(await world.open());
    const { ids } = await write(target, [ada, bob, eve]);
    const system = await world.database.session();
    await system.query("BEGIN; SELECT 1 FROM customers WHERE id = '1' FOR UPDATE");
    const asked: unknown[] = [];
    const checkpoint = (...args: [number, boolean]) => {
      asked.push(args);
      return whole();
    };
    const removal = removalOf(ids.slice(0, 2), { missing: ids.slice(2), checkpoint });
    expect(await target.remove(removal, never)).toMatchObject({ busy: ['1'], counts: { deleted: 1 } });
    expect(await target.liveAfter('customers', 0, 9)).toEqual({ ids: [1, 3], missed: [0, 0] });
    await system.query('COMMIT');
    expect(await target.remove(removal, never)).toMatchObject({ busy: [], counts: { deleted: 1 } });
    expect(await target.liveAfter('customers', 0, 9)).toEqual({ ids: [3], missed: [1] });
    expect(asked).toEqual([
      [1, false],
      [1, true],
    ]);
  });

  test('does not hold up those that only read it, or refer to it', async () => {
    const world = await aPostgresWorld();
    const target = await takeOver(await world.open());
    await world.sql('CREATE TABLE orders (customer text REFERENCES customers (id))');
    await write(target, [ada]);
    const system = await world.database.session();
    await system.query("BEGIN; INSERT INTO orders VALUES ('1')");
    expect(await write(target, [adaMoved])).toMatchObject({ busy: [], counts: { updated: 1 } });
    await system.query('COMMIT');
  });

  test('because it has just been made there is tried again, and then adopted', async () => {
    const world = await aPostgresWorld();
    const target = await takeOver(await world.open());
    await write(target, [bob]);
    const system = await world.database.session();
    await system.query("BEGIN; INSERT INTO customers (id, email) VALUES ('1', 'system')");
    expect(await write(target, [ada, eve])).toMatchObject({ busy: ['1'], counts: { created: 1 } });
    await system.query('COMMIT');
    expect(await write(target, [ada])).toMatchObject({ busy: [], counts: { updated: 1 }, ids: [3] });
  });
});

describe('a row that others refer to, which the system holds,', () => {
  const teams = () =>
    customersTable({
      columns: [
        { name: 'id', kind: 'text' },
        { name: 'team', kind: 'text' },
      ],
      mapped: [
        { name: 'id', kind: 'text' },
        { name: 'team', kind: 'text' },
      ],
    });
  const player = (id: number, team: string) => record(String(id), team);

  async function aLeague(): Promise<{ world: PostgresWorld; proxy: FaultProxy; target: Target; system: Client }> {
    const world = await aPostgresWorld();
    await world.sql(`CREATE TABLE teams (id text PRIMARY KEY); INSERT INTO teams VALUES ('red'), ('blue');
      CREATE TABLE customers (id text PRIMARY KEY, team text REFERENCES teams (id)); INSERT INTO customers VALUES ('old', 'red')`);
    const { proxy, url } = await aProxyTo(world);
    const target = await takeOver(await world.open({ url }), teams());
    const system = await world.database.session();
    await system.query("BEGIN; SELECT 1 FROM teams WHERE id = 'red' FOR UPDATE");
    return { world, proxy, target, system };
  }

  test('makes the rows that need it busy, and the others are written', async () => {
    const { world, target, system } = await aLeague();
    const players = Array.from({ length: 100 }, (_, n) => player(n, n === 0 ? 'red' : 'blue'));
    let held = players;
    while (held.length > 1) {
      const { busy } = await write(target, held, { table: teams(), checkpoint: whole });
      held = held.filter(({ key }) => busy.includes(key));
    }
    expect(held.map(({ key }) => key)).toEqual(['0']);
    expect(await world.rows("SELECT id FROM customers WHERE team = 'blue'")).toHaveLength(99);
    expect(await target.pass('customers')).toBeNull();

    await system.query('COMMIT');
    expect(await write(target, held, { table: teams() })).toMatchObject({ busy: [], counts: { created: 1 } });
  });

  test('is waited for once, and hardly again, however many need it', async () => {
    const { proxy, target, system } = await aLeague();
    const players = Array.from({ length: 100 }, (_, n) => player(n, 'red'));
    const { busy, counts } = await write(target, players, { table: teams() });
    expect([busy.length, counts.created]).toEqual([100, 0]);
    const refusals = proxy.answered('due to lock timeout');
    expect(refusals).toBeGreaterThan(0);
    expect(proxy.seen('SAVEPOINT sync_rows; SET LOCAL lock_timeout')).toBe(refusals - 1);
    await system.query('COMMIT');
  });
});

describe('a batch', () => {
  test('that is large is several transactions, and the checkpoint is stored with the last', async () => {
    const world = await aPostgresWorld();
    const target = await takeOver(await world.open());
    const many = Array.from({ length: 5000 }, (_, n) => record(String(n), `${n}\t\\\n"`, n, null, null, null));
    let asked = 0;
    const checkpoint = (ids: readonly number[]) => {
      asked += ids.length;
      return whole();
    };
    const committed = await write(target, many, { checkpoint });
    expect(committed).toMatchObject({ counts: { created: 5000 }, events: 5000, nextSeq: 5001 });
    expect(asked).toBe(5000);
    const stored = await world.rows('SELECT first_seq, last_seq FROM _sync_outbox ORDER BY first_seq');
    expect(stored.length).toBeGreaterThan(1);
    const follows = stored.slice(1).map((row, n) => Number(row.first_seq) - Number(stored[n]?.last_seq));
    expect(new Set(follows)).toEqual(new Set([1]));
    const [read] = await world.rows("SELECT email FROM customers WHERE id = '4999'");
    expect(read).toEqual({ email: '4999\t\\\n"' });
    const twice = await (await takeOver(await world.open())).compare(
      customersTable(),
      many.map(({ key, hash }) => [key, hash]),
    );
    expect([twice.unchanged.length, twice.different]).toEqual([5000, []]);
  });

  test('with many refused records has all others written, and gives each reason', async () => {
    const world = await aPostgresWorld();
    await world.sql('CREATE TABLE customers (id text PRIMARY KEY, visits integer CHECK (visits % 7 <> 3))');
    const target = await takeOver(await world.open());
    const many = Array.from({ length: 700 }, (_, n) => record(String(n), 'x', n, null, null, null));
    const { counts, refused, ids } = await write(target, many, { checkpoint: whole });
    expect([counts.created, refused.length, ids.length]).toEqual([600, 100, 600]);
    expect(refused[0]?.reasons[0]).toMatch(/the database refuses it: .*check constraint/);
    const [row] = await world.rows('SELECT count(*)::int AS n FROM customers');
    expect(row).toEqual({ n: 600 });
    expect((await target.pass('customers'))?.checkpoint).toEqual(checkpointOf(7));
  });

  test('is not written once the signal has fired, wherever it stands', async () => {
    const world = await aPostgresWorld();
    const target = await takeOver(await world.open());
    const stop = new AbortController();
    const plan: ReturnType<typeof batchOf>['plan'] = (records, found) => {
      stop.abort(new Error('stopped'));
      return batchOf([]).plan(records, found);
    };
    await expect(target.commit(batchOf([ada], { plan }), stop.signal)).rejects.toThrow('stopped');
    expect(await world.rows('SELECT id FROM customers')).toEqual([]);
  });
});

describe('tables', () => {
  test('that lack nothing are taken over without a lock on them', async () => {
    const world = await aPostgresWorld();
    await takeOver(await world.open());
    const system = await world.database.session();
    await system.query('BEGIN; LOCK TABLE customers IN SHARE UPDATE EXCLUSIVE MODE');
    expect(await (await takeOver(await world.open())).fence()).toMatchObject({ fence: 2 });
    await system.query('COMMIT');
  });

  test('that are in use get their columns as soon as they are free, and nobody has to wait behind us meanwhile', async () => {
    const world = await aPostgresWorld();
    await world.sql('CREATE TABLE customers (id text PRIMARY KEY)');
    const [reader, other] = [await world.database.session(), await world.database.session()];
    await reader.query('BEGIN; SELECT * FROM customers');
    await other.query("SET lock_timeout = '3s'");
    const takingOver = takeOver(await world.open());
    for (const id of ['1', '2']) {
      await world.waiting();
      // Queues behind our ALTER, which gives up long before this does, while the reader goes on.
      await other.query('INSERT INTO customers VALUES ($1)', [id]);
    }
    await reader.query('COMMIT');
    expect((await (await takingOver).inspect(customersTable())).missingColumns).toEqual([]);
    expect(await world.rows('SELECT id FROM customers ORDER BY id')).toEqual([{ id: '1' }, { id: '2' }]);
  });

  test('that never come free end the run, which reports them with what to do', async () => {
    const world = await aPostgresWorld();
    await world.sql('CREATE TABLE customers (id text PRIMARY KEY)');
    const reader = await world.database.session();
    await reader.query('BEGIN; SELECT * FROM customers');
    const takingOver = takeOver(await world.open());
    await expect(takingOver).rejects.toThrow(UnreachableError);
    await expect(takingOver).rejects.toMatchObject({
      message: expect.stringContaining('in use all the time; nothing was written'),
      hint: expect.stringContaining('by hand'),
    });
    await reader.query('COMMIT');
  });
});

describe('a database that cannot be used', () => {
  test.each([
    ['another password', { password: 'wrong' }, ConfigError, /does not let this user in/],
    ['nobody there', { port: 1 }, UnreachableError, /cannot be reached/],
  ])('says so: %s', async (_what, change, kind, words) => {
    const world = await aPostgresWorld();
    const impatient = { ...timings, targetBusyMs: 20, targetBusyStepMs: 1 };
    const opened = await world.open({ url: world.database.urlFor(change), timings: impatient });
    const takingOver = opened.takeOver({ run: 'r', holder: 'h' }, [customersTable()], 0);
    await expect(takingOver).rejects.toThrow(words);
    await expect(takingOver).rejects.toThrow(kind);
    await expect(takingOver).rejects.not.toThrow(/test@|wrong/);
  });

  test('is named where it is missing, and so is the schema', async () => {
    const world = await aPostgresWorld();
    const lost = await world.open({ url: world.database.url.replace(/\/[^/]*$/, '/nowhere') });
    await expect(takeOver(lost)).rejects.toThrow(ConfigError);
    await expect(takeOver(await world.open({ schema: 'app' }))).rejects.toMatchObject({ hint: 'CREATE SCHEMA "app";' });
  });

  test('is read, and not written, where it is read-only', async () => {
    const world = await aPostgresWorld();
    await write(await takeOver(await world.open()), [ada]);
    await world.sql(`ALTER DATABASE ${world.database.name} SET default_transaction_read_only = on`);
    const target = await world.open();
    await expect(takeOver(target)).rejects.toThrow(/is read-only/);
    await expect(takeOver(target)).rejects.toThrow(UnreachableError);
    await using reader = await openPostgresReader({ url: world.database.url, schema: 'public', name: 'crm' });
    expect((await reader.find(customersTable(), [ada]))[0]?.row).toEqual(ada.values);
  });
});

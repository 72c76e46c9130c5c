import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/errors.ts';
import type { Column, Prepared, Value } from '../../../src/record.ts';
import type { ResourceTable } from '../../../src/table.ts';
import type { Target } from '../../../src/target.ts';
import {
  ada,
  adaMoved,
  bob,
  checkpointOf,
  customersTable,
  eve,
  record,
  takeOver,
  write,
} from '../../contracts/target.ts';
import { aPostgresWorld } from './a-postgres-target.ts';

const never = new AbortController().signal;

/** A resource of a text key and one column. */
function oneColumn(kind: Column['kind'], changes: Partial<ResourceTable> = {}): ResourceTable {
  const columns: Column[] = [
    { name: 'id', kind: 'text' },
    { name: 'v', kind },
  ];
  return customersTable({ columns, mapped: columns, ...changes });
}

function valued(key: string, value: Value, hash = `h:${key}:${value}`): Prepared {
  return { key, values: [key, value], hash };
}

async function remove(target: Target, ids: readonly number[], table: ResourceTable) {
  const events = { source: '/test', silent: false };
  const checkpoint = () => ({ checkpoint: checkpointOf(1) });
  return target.remove({ table, ids, missing: [], found: [], events, checkpoint }, never);
}

describe('a column of the system, of another type than ours,', () => {
  const types: readonly [type: string, kind: Column['kind'], value: Value, read: string][] = [
    ['numeric(10,2)', 'text', '1.5', '1.50'],
    ['numeric(10,2)', 'real', 1.005, '1.01'],
    ['numeric', 'integer', 2n ** 62n, '4611686018427387904'],
    ['timestamptz', 'text', '2026-01-02T03:04:05Z', '2026-01-02 03:04:05+00'],
    ['timestamp(0)', 'text', '2026-01-02T03:04:05.700', '2026-01-02 03:04:06'],
    ['date', 'text', '2 Jan 2026', '2026-01-02'],
    ['uuid', 'text', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    ['mood', 'text', 'sad', 'sad'],
    ['char(5)', 'text', 'ab', 'ab'],
    ['varchar(5)', 'text', 'abcde', 'abcde'],
    ['short', 'text', 'abc', 'abc'],
    ['real', 'real', 0.1, '0.1'],
    ['smallint', 'boolean', true, '1'],
    ['text', 'integer', 7, '7'],
    ['json', 'json', '{"a":1,"b":[2]}', '{"a":1,"b":[2]}'],
    ['jsonb', 'json', '{"a":12345678901234567890,"b":[2]}', '{"a": 12345678901234567890, "b": [2]}'],
    ['interval', 'text', '90 minutes', '01:30:00'],
    ['inet', 'text', '10.0.0.1', '10.0.0.1/32'],
  ];

  test.each(types)('%s (%s) is written once, and is equal from then on', async (type, kind, value, read) => {
    const world = await aPostgresWorld();
    await world.sql(`CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE DOMAIN short AS varchar(5) CHECK (length(VALUE) < 5);
      ALTER DATABASE ${world.database.name} SET timezone = 'UTC'; CREATE TABLE customers (id text PRIMARY KEY, v ${type})`);
    const table = oneColumn(kind);
    const target = await takeOver(await world.open(), table);
    expect(await write(target, [valued('1', value)], { table })).toMatchObject({ counts: { created: 1 }, refused: [] });
    expect(await world.rows('SELECT v::text AS v FROM customers')).toEqual([{ v: read }]);

    const again = valued('1', value, 'the shape has changed');
    const place = 'SELECT ctid::text FROM customers';
    const before = await world.rows(place);
    expect(await write(target, [again], { table })).toMatchObject({ counts: { created: 0, updated: 0 }, events: 0 });
    expect(await world.rows(place)).toEqual(before);
    expect((await target.find(table, [again]))[0]?.row).toEqual(['1', value]);
  });

  test.each([
    ['mood', 'text', 'angry', /invalid input value for enum/],
    ['varchar(5)', 'text', 'abcdef', /too long/],
    ['char(5)', 'text', 'abcdef', /too long/],
    ['short', 'text', 'abcde', /domain/],
    ['numeric(4,2)', 'real', 1234, /overflow/],
    ['uuid', 'text', 'no uuid', /uuid/],
    ['smallint', 'integer', 70000, /out of range/],
    ['timestamptz', 'text', 'yesterday evening', /timestamp/],
    ['bigint', 'integer', 2n ** 63n, /64 bits/],
    ['text', 'text', '\ud800', /surrogate/],
    ['text', 'text', 'a\0b', /NUL/],
    ['jsonb', 'json', '"\\ud800"', /json|Unicode/],
  ] as const)('%s (%s) refuses a value that does not fit, and nothing else', async (type, kind, value, words) => {
    const world = await aPostgresWorld();
    await world.sql(`CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE DOMAIN short AS varchar(5) CHECK (length(VALUE) < 5);
      CREATE TABLE customers (id text PRIMARY KEY, v ${type})`);
    const table = oneColumn(kind);
    const target = await takeOver(await world.open(), table);
    const { refused, counts } = await write(target, [valued('1', null), valued('2', value), valued('3', null)], {
      table,
    });
    expect(counts.created).toBe(2);
    expect(refused).toMatchObject([{ key: '2', reasons: [expect.stringMatching(words)] }]);
    const late = await write(target, [valued('1', value), valued('3', null)], { table });
    expect(late).toMatchObject({ refused: [{ key: '1' }], ids: [1, 2], counts: { updated: 0 } });
  });

  test('reads the same whatever style of values the database is configured to write', async () => {
    const world = await aPostgresWorld();
    const { name } = world.database;
    const columns: Column[] = [
      { name: 'id', kind: 'text' },
      { name: 'day', kind: 'date' },
      { name: 'at', kind: 'timestamp' },
      { name: 'score', kind: 'real' },
      { name: 'span', kind: 'text' },
      { name: 'raw', kind: 'text' },
    ];
    const table = customersTable({ columns, mapped: columns });
    await world.sql(`ALTER DATABASE ${name} SET datestyle = 'German, DMY'; ALTER DATABASE ${name} SET timezone = 'Asia/Kolkata';
      ALTER DATABASE ${name} SET extra_float_digits = 0; ALTER DATABASE ${name} SET intervalstyle = 'sql_standard';
      ALTER DATABASE ${name} SET bytea_output = 'escape';
      CREATE TABLE customers (id text PRIMARY KEY, day date, at timestamptz, score double precision, span interval, raw bytea)`);
    const target = await takeOver(await world.open(), table);
    const values = ['1', '2026-02-01', '2026-01-02T03:04:05.000Z', 0.1 + 0.2, '90 minutes', '\\x01ff'] as const;
    await write(target, [{ key: '1', values, hash: 'a' }], { table });

    expect(await write(target, [{ key: '1', values, hash: 'b' }], { table })).toMatchObject({ events: 0, refused: [] });
    await write(target, [{ key: '1', values: ['1', null, null, null, null, null], hash: 'c' }], { table });
    const { events } = await target.outbox({ generation: 0, seq: 0 }, 9);
    expect(JSON.parse(events[1] ?? '').data.before).toEqual({
      ...{ id: '1', day: '2026-02-01', at: '2026-01-02T03:04:05Z', score: 0.1 + 0.2 },
      ...{ span: '01:30:00', raw: '\\x01ff' },
    });
  });

  test('may be jsonb: what the database takes for equal does not differ, whatever its order, blanks and digits', async () => {
    const world = await aPostgresWorld();
    const table = oneColumn('json');
    const target = await takeOver(await world.open(), table);
    const [same, other] = ['{"a":1,"bb":{"c":[1,null]}}', '{"a":2,"bb":null}'];
    await write(target, [valued('1', same), valued('2', same), valued('3', null)], { table });
    await world.sql(`UPDATE customers SET v = '{"bb": {"c": [1.0, null]}, "a": 1.00}'`);
    const again = ['1', '2', '3'].map((key, n) => ({
      ...valued(key, [same, other, null][n] ?? null),
      hash: 'another',
    }));
    expect(await write(target, again, { table })).toMatchObject({ counts: { updated: 2 }, refused: [] });
    const { events } = await target.outbox({ generation: 0, seq: 3 }, 9);
    expect(events.map((event) => JSON.parse(event).data.before.v)).toEqual([JSON.parse(same), JSON.parse(same)]);
    expect(await world.rows('SELECT v FROM customers ORDER BY id')).toEqual([
      ...[{ v: JSON.parse(same) }, { v: JSON.parse(other) }, { v: null }],
    ]);
  });

  test('may be the key: a uuid, whatever its letters', async () => {
    const world = await aPostgresWorld();
    await world.sql('CREATE TABLE customers (id uuid PRIMARY KEY, v text)');
    const table = oneColumn('text', { onDelete: 'hard' });
    const target = await takeOver(await world.open(), table);
    const key = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11';
    await write(target, [valued(key, 'x')], { table });
    const changed = await write(target, [valued(key, 'y'), valued('no uuid', 'z')], { table });
    expect(changed).toMatchObject({ counts: { updated: 1, created: 0 }, refused: [{ key: 'no uuid' }] });
    const { events } = await target.outbox({ generation: 0, seq: 0 }, 9);
    expect(JSON.parse(events[1] ?? '').data.changed).toEqual(['v']);
    await remove(target, changed.ids, table);
    expect(await world.rows('SELECT id FROM customers')).toEqual([]);
  });
});

describe("the system's own table", () => {
  test('may be the key under a collation that ignores case: keys that it takes for equal are two records', async () => {
    const world = await aPostgresWorld();
    await world.sql(`CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      CREATE TABLE customers (id text COLLATE loose PRIMARY KEY, v text)`);
    const table = oneColumn('text');
    const target = await takeOver(await world.open(), table);
    await write(target, [valued('ann', 'lower')], { table });
    const { counts, refused } = await write(target, [valued('ANN', 'upper'), valued('bob', 'new')], { table });
    expect(counts).toMatchObject({ created: 1, updated: 0 });
    expect(refused).toMatchObject([{ key: 'ANN', reasons: [expect.stringContaining('already exists')] }]);
    expect(await world.rows('SELECT id, v FROM customers ORDER BY id')).toEqual([
      { id: 'ann', v: 'lower' },
      { id: 'bob', v: 'new' },
    ]);
  });

  test('keeps its own columns, defaults and generated columns, and no row that it refers to is locked', async () => {
    const world = await aPostgresWorld();
    await world.sql(`CREATE TABLE customers (n bigint GENERATED ALWAYS AS IDENTITY, id text PRIMARY KEY, email text,
      shout text GENERATED ALWAYS AS (upper(email)) STORED, notes text DEFAULT 'none')`);
    const target = await takeOver(await world.open());
    await write(target, [ada]);
    await world.sql("UPDATE customers SET notes = 'calls on mondays'");
    await write(target, [adaMoved]);
    expect(await world.rows('SELECT n, shout, notes FROM customers')).toEqual([
      { n: '1', shout: 'ADA@NEW.EXAMPLE', notes: 'calls on mondays' },
    ]);
  });

  test('fires the triggers of changed columns, and no others', async () => {
    const world = await aPostgresWorld();
    const target = await takeOver(await world.open());
    await write(target, [ada]);
    await world.sql(`CREATE TABLE fired (what text);
      CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO fired VALUES (TG_NAME); RETURN NEW; END $$;
      CREATE TRIGGER email AFTER UPDATE OF email ON customers FOR EACH ROW EXECUTE FUNCTION fire();
      CREATE TRIGGER visits AFTER UPDATE OF visits ON customers FOR EACH ROW EXECUTE FUNCTION fire()`);
    await write(target, [adaMoved]);
    expect(await world.rows('SELECT what FROM fired')).toEqual([{ what: 'email' }]);
  });

  test('with a trigger that leaves rows out, stops them, or changes them, refuses the first two alone', async () => {
    const world = await aPostgresWorld();
    await world.sql(`CREATE TABLE customers (id text PRIMARY KEY, email text);
      CREATE FUNCTION judge() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.id = '1' THEN RETURN NULL; END IF;
        IF NEW.id = '2' THEN RAISE EXCEPTION 'no bob' USING ERRCODE = 'ZZ042'; END IF;
        NEW.email := lower(NEW.email); RETURN NEW; END $$;
      CREATE TRIGGER judge BEFORE INSERT ON customers FOR EACH ROW EXECUTE FUNCTION judge()`);
    const target = await takeOver(await world.open());
    const { counts, refused } = await write(target, [ada, bob, eve]);
    expect(counts.created).toBe(1);
    expect(refused.map(({ key, reasons }) => [key, reasons[0]])).toEqual([
      ['1', expect.stringContaining('left the row out')],
      ['2', expect.stringContaining('no bob')],
    ]);
  });

  test('with a trigger that leaves deletes out, or stops them, keeps these rows and says why', async () => {
    const world = await aPostgresWorld();
    const target = await takeOver(await world.open());
    const { ids } = await write(target, [ada, bob, eve]);
    await world.sql(`CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.id = '1' THEN RETURN NULL; END IF;
        IF NEW.id = '2' THEN RAISE EXCEPTION 'bob stays' USING ERRCODE = 'ZZ042'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER keep BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION keep()`);
    const { counts, refused } = await remove(target, ids, customersTable());
    expect(counts.deleted).toBe(1);
    expect(refused.map(({ key, reasons }) => [key, reasons[0]])).toEqual([
      ['1', expect.stringContaining('left the row out')],
      ['2', expect.stringContaining('bob stays')],
    ]);
    expect(await world.rows('SELECT id FROM customers WHERE deleted_at IS NULL ORDER BY id')).toEqual([
      { id: '1' },
      { id: '2' },
    ]);
    expect((await target.liveAfter('customers', 0, 9)).ids).toEqual(ids.slice(0, 2));
  });

  test('with a trigger that leaves the marks of deletes out keeps these rows, and no others', async () => {
    const world = await aPostgresWorld();
    const table = customersTable({ onDelete: { set: { active: false } } });
    const target = await takeOver(await world.open(), table);
    const { ids } = await write(target, [ada, record('4', 'x', 1, 1, true, null)], { table });
    await world.sql(`CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.id = '1' THEN RETURN NULL; END IF; RETURN NEW; END $$;
      CREATE TRIGGER keep BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION keep()`);
    const { counts, refused } = await remove(target, ids, table);
    expect([counts.deleted, refused.map(({ key }) => key)]).toEqual([1, ['1']]);
    expect(await world.rows('SELECT id, active FROM customers ORDER BY id')).toEqual([
      { id: '1', active: true },
      { id: '4', active: false },
    ]);
  });

  test('reports a row as deleted that is gone already, or that a trigger puts elsewhere', async () => {
    const world = await aPostgresWorld();
    const target = await takeOver(await world.open());
    const { ids } = await write(target, [ada, bob, eve]);
    await world.sql(`DELETE FROM customers WHERE id = '2'; CREATE TABLE archive AS SELECT id FROM customers WHERE false;
      CREATE FUNCTION put_away() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO archive VALUES (OLD.id); DELETE FROM customers WHERE id = OLD.id; RETURN NULL; END $$;
      CREATE TRIGGER put_away BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION put_away()`);
    expect(await remove(target, ids, customersTable())).toMatchObject({ counts: { deleted: 3 }, refused: [] });
    expect(await world.rows('SELECT id FROM archive ORDER BY id')).toEqual([{ id: '1' }, { id: '3' }]);
  });

  test('refuses an update that a foreign key does not let in, and nothing else', async () => {
    const world = await aPostgresWorld();
    await world.sql(`CREATE TABLE teams (id text PRIMARY KEY); INSERT INTO teams VALUES ('red'), ('green');
      CREATE TABLE customers (id text PRIMARY KEY, v text REFERENCES teams (id))`);
    const table = oneColumn('text');
    const target = await takeOver(await world.open(), table);
    await write(target, [valued('1', 'red'), valued('2', 'red'), valued('3', 'red')], { table });
    const { refused, counts } = await write(target, [valued('1', 'green'), valued('2', 'blue'), valued('3', null)], {
      table,
    });
    expect(counts.updated).toBe(2);
    expect(refused).toMatchObject([{ key: '2', reasons: [expect.stringContaining('foreign key')] }]);
    expect(await world.rows('SELECT v FROM customers ORDER BY id')).toEqual([
      { v: 'green' },
      { v: 'red' },
      { v: null },
    ]);
    expect((await target.rejects({ limit: 9 })).map(({ key }) => key)).toEqual(['2']);
  });

  test('with a constraint that is deferred to the commit refuses what it would not let in, and nothing else', async () => {
    const world = await aPostgresWorld();
    await world.sql(`CREATE TABLE teams (id text PRIMARY KEY); INSERT INTO teams VALUES ('red');
      CREATE TABLE customers (id text PRIMARY KEY, v text REFERENCES teams (id) DEFERRABLE INITIALLY DEFERRED)`);
    const table = oneColumn('text');
    const target = await takeOver(await world.open(), table);
    const { refused, counts } = await write(target, [valued('1', 'red'), valued('2', 'blue'), valued('3', null)], {
      table,
    });
    expect([counts.created, refused.map(({ key }) => key)]).toEqual([2, ['2']]);
  });

  test('that refers to itself takes children before their parents, even beside a refused row', async () => {
    const world = await aPostgresWorld();
    await world.sql('CREATE TABLE customers (id text PRIMARY KEY, v text REFERENCES customers (id))');
    const table = oneColumn('text');
    const target = await takeOver(await world.open(), table);
    const family = [valued('1', '2'), valued('2', '3'), valued('3', null), valued('4', 'nobody'), valued('5', '1')];
    const { refused, counts } = await write(target, family, { table });
    expect([counts.created, refused.map(({ key }) => key)]).toEqual([4, ['4']]);
  });

  test('whose unique value moves from one record to another takes both', async () => {
    const world = await aPostgresWorld();
    await world.sql('CREATE TABLE customers (id text PRIMARY KEY, v text UNIQUE)');
    const table = oneColumn('text');
    const target = await takeOver(await world.open(), table);
    await write(target, [valued('1', 'x')], { table });
    const moved = await write(target, [valued('2', 'x'), valued('1', 'y')], { table });
    expect(moved).toMatchObject({ counts: { created: 1, updated: 1 }, refused: [] });
  });

  test('may be partitioned: a row that no partition takes is refused, and a row that changes partition moves', async () => {
    const world = await aPostgresWorld();
    await world.sql(`CREATE TABLE customers (id text, v text, PRIMARY KEY (id)) PARTITION BY RANGE (id);
      CREATE TABLE early PARTITION OF customers FOR VALUES FROM ('a') TO ('m');
      CREATE TABLE late PARTITION OF customers FOR VALUES FROM ('m') TO ('z')`);
    const table = oneColumn('text', { onDelete: 'hard' });
    const target = await takeOver(await world.open(), table);
    const { refused, ids } = await write(target, [valued('b', 'x'), valued('n', 'x'), valued('zz', 'x')], { table });
    expect(refused.map(({ key }) => key)).toEqual(['zz']);
    expect(await write(target, [valued('b', 'y'), valued('n', 'y')], { table })).toMatchObject({
      counts: { updated: 2 },
    });
    expect(await remove(target, ids, table)).toMatchObject({ counts: { deleted: 2 } });
    expect(await world.rows('SELECT id FROM customers')).toEqual([]);
  });

  test('with row security refuses what a policy does not let in', async () => {
    const world = await aPostgresWorld();
    await takeOver(await world.open());
    await world.sql(`CREATE ROLE policed_${world.database.name} LOGIN PASSWORD 'p';
      GRANT USAGE ON SCHEMA public TO policed_${world.database.name}; GRANT ALL ON ALL TABLES IN SCHEMA public TO policed_${world.database.name};
      GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO policed_${world.database.name};
      ALTER TABLE customers ENABLE ROW LEVEL SECURITY; CREATE POLICY most ON customers USING (id <> '2')`);
    const url = world.database.urlFor({ user: `policed_${world.database.name}`, password: 'p' });
    const target = await takeOver(await world.open({ url }));
    const many = Array.from({ length: 300 }, (_, n) => record(String(n), 'x', n, null, null, null));
    const { refused, counts } = await write(target, many);
    await world.sql(`DROP OWNED BY policed_${world.database.name}; DROP ROLE policed_${world.database.name}`);
    expect([counts.created, refused.map(({ key }) => key)]).toEqual([299, ['2']]);
  });

  test.each([
    ['CREATE VIEW customers AS SELECT 1 AS id', /is a view/],
    ['CREATE MATERIALIZED VIEW customers AS SELECT 1 AS id', /materialized view/],
    ["CREATE TABLE customers (id text PRIMARY KEY, email text GENERATED ALWAYS AS (id || '@') STORED)", /generated/],
    ['CREATE TABLE customers (id text PRIMARY KEY, visits bigint GENERATED ALWAYS AS IDENTITY)', /generated/],
    ["CREATE TABLE customers (id text PRIMARY KEY, deleted_at text NOT NULL DEFAULT '')", /mark of a soft delete/],
    ['CREATE TABLE customers (id text); CREATE UNIQUE INDEX ON customers (id) WHERE id > $$a$$', /CREATE UNIQUE INDEX/],
    ['CREATE TABLE customers (id text, email text, UNIQUE (id, email))', /no unique index over its key/],
  ])('does not fit, and says why: %s', async (statements, words) => {
    const world = await aPostgresWorld();
    await world.sql(statements);
    await expect(takeOver(await world.open())).rejects.toThrow(words);
    await expect(takeOver(await world.open())).rejects.toThrow(ConfigError);
    expect(await world.rows("SELECT 1 FROM pg_attribute WHERE attname = 'tags'")).toEqual([]);
  });

  test('tells columns apart that differ by case only', async () => {
    const world = await aPostgresWorld();
    await world.sql('CREATE TABLE customers ("ID" text, id text PRIMARY KEY, "Email" text)');
    await write(await takeOver(await world.open()), [ada]);
    expect(await world.rows('SELECT "ID", id, "Email", email FROM customers')).toEqual([
      { ID: null, id: '1', Email: null, email: 'ada@example.com' },
    ]);
  });

  test('gets a time as its mark of a soft delete where we make the column', async () => {
    const world = await aPostgresWorld();
    const target = await takeOver(await world.open());
    const { ids } = await write(target, [ada]);
    await remove(target, ids, customersTable());
    const [row] = await world.rows("SELECT deleted_at > now() - interval '1 hour' AS recent FROM customers");
    expect(row).toEqual({ recent: true });
  });
});

test('a resource that moves to another table is compared with it, many records in several steps, even where the first was all', async () => {
  const world = await aPostgresWorld();
  const many = Array.from({ length: 12_000 }, (_, n) => record(String(n), 'x', n, null, null, null));
  const people = customersTable({ table: 'people' });
  await write(await takeOver(await world.open()), many);
  const marks = () => world.rows("SELECT DISTINCT xmin::text FROM _sync_records WHERE hash = ''");
  await world.sql(`CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'stop'; END $$;
    CREATE TRIGGER stop BEFORE UPDATE ON _sync_records FOR EACH ROW WHEN (NEW.id = 11000) EXECUTE FUNCTION stop()`);
  await expect(takeOver(await world.open(), people)).rejects.toThrow('stop');
  expect(await marks()).toHaveLength(2);
  expect(await world.rows('SELECT is_forgetting FROM _sync_tables')).toEqual([{ is_forgetting: true }]);

  await world.sql('DROP TRIGGER stop ON _sync_records');
  const target = await takeOver(await world.open(), people);
  expect(await marks()).toHaveLength(3);
  expect(await world.rows('SELECT table_name, is_forgetting FROM _sync_tables')).toEqual([
    { table_name: 'people', is_forgetting: null },
  ]);
  const entries = many.map(({ key, hash }) => [key, hash] as const);
  expect((await target.compare(people, entries)).unchanged).toEqual([]);
});

test('a schema of any name has the tables, whatever the search path', async () => {
  const world = await aPostgresWorld();
  await world.sql(`CREATE SCHEMA "we""ird.é"; CREATE TABLE public.customers (wrong int)`);
  const target = await takeOver(await world.open({ schema: 'we"ird.é' }));
  await write(target, [ada, bob]);
  expect(await world.rows('SELECT id FROM "we""ird.é".customers ORDER BY id')).toEqual([{ id: '1' }, { id: '2' }]);
  expect(await target.compare(customersTable(), [[ada.key, ada.hash]])).toMatchObject({ different: [0] });
  const again = await takeOver(await world.open({ schema: 'we"ird.é' }));
  expect(await again.compare(customersTable(), [[ada.key, ada.hash]])).toEqual({ unchanged: [1], different: [] });
  expect(await world.rows("SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE '\\_sync%'")).toEqual(
    [],
  );
});

test('a role with the rights of docs/postgres.md, and no others, does everything', async () => {
  const world = await aPostgresWorld();
  const role = `least_${world.database.name}`;
  await takeOver(await world.open());
  await world.sql(`CREATE ROLE ${role} LOGIN PASSWORD 'p'; REVOKE ALL ON SCHEMA public FROM PUBLIC; REVOKE TEMPORARY ON DATABASE ${world.database.name} FROM PUBLIC;
    GRANT USAGE ON SCHEMA public TO ${role};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role};
    REVOKE DELETE ON customers FROM ${role}`);
  const target = await takeOver(await world.open({ url: world.database.urlFor({ user: role, password: 'p' }) }));
  const many = Array.from({ length: 300 }, (_, n) => record(String(n), 'x', n, null, null, null));
  const { ids } = await write(target, many, { rejected: [{ key: null, reasons: ['no key'], raw: 1 }] });
  await write(target, [record('1', 'y', 1, null, null, null)]);
  await remove(target, ids.slice(2), customersTable());
  await target.slots.take({ id: 'g', key: 'acme' }, [{ hits: 1, perMs: 1000 }], 0);
  expect(await target.countLive('customers')).toBe(2);
  const lacking = customersTable({ columns: [...customersTable().columns, { name: 'new', kind: 'text' }] });
  await expect(
    takeOver(await world.open({ url: world.database.urlFor({ user: role, password: 'p' }) }), lacking),
  ).rejects.toMatchObject({
    message: expect.stringContaining('does not allow this user enough'),
    hint: expect.stringContaining('docs/postgres.md'),
  });
  // Another sync of the same schema has aliases: without a right to read them, they are none of this one's.
  await takeOver(
    await world.open({ name: 'other' }),
    customersTable({ resource: 'o', table: 'others', match: ['email'] }),
  );
  expect(await target.foreignAlias('customers', 'lab')).toBeNull();
  await world.sql(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
});

import { existsSync, readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { textOf } from '../helpers/database.ts';
import { aPostgres, type PostgresDatabase } from '../helpers/postgres.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig, type Project } from '../helpers/sync.ts';

// What docs/adapters.md says of values, row by row of its tables.

interface Case {
  readonly field: string;
  readonly schema: object;
  readonly given: string;
  /** Undefined: the record is rejected. */
  readonly kept: string | undefined;
}

const section = readFileSync(new URL('../../docs/adapters.md', import.meta.url), 'utf8')
  .split('\n## ')
  .find((text) => text.startsWith('Data: what becomes of a value'));
const rows = [...(section ?? '').matchAll(/^\| `(\{"type".*?\})` \| (.+?) \| (.+?) \|$/gm)].map(
  ([, ...cells]) => cells,
);
const cases = rows.flatMap(([schema = '', given = '', kept = ''], at): Case[] => {
  if (!given.startsWith('`')) return [];
  const expected = kept === 'rejected' ? undefined : kept.slice(1, -1);
  return [{ field: `f${at}`, schema: JSON.parse(schema), given: given.slice(1, -1), kept: expected }];
});
const kept = cases.filter((one) => one.kept !== undefined);
const rejected = cases.filter((one) => one.kept === undefined);

test('the tables are there', () => {
  expect([rows.length - cases.length, kept.length > 25, rejected.length > 12]).toEqual([9, true, true]);
});

describe.each(['sqlite', 'postgres'] as const)('on %s', (target) => {
  const resource = (fields: readonly Pick<Case, 'field' | 'schema'>[]) => ({
    key: 'id',
    schema: {
      properties: { id: { type: 'integer' }, ...Object.fromEntries(fields.map((one) => [one.field, one.schema])) },
    },
    rejects: '100%',
  });

  test('values become what the table says, and stay so: neither a second pass nor a comparison with the rows finds a difference', async () => {
    await using project = await aProject({ redis, target, config: keeping(resource(kept)) });
    const body = `[{"id":1,${kept.map(({ field, given }) => `"${field}":${given}`).join()}}]`;
    project.party.script({ body }, { body }, { body });
    expect((await project.sync()).json()).toMatchObject({ rejected: 0, counts: { created: 1 } });

    const eventsBefore = await eventTexts(project);
    for (const { field, given, kept: value } of kept)
      expect
        .soft(memberOf(eventsBefore, field), `${field}, given ${given}`)
        .toBe(isPast53(value) ? `"${value}"` : value);
    for (const { field, kept: value } of kept.filter((one) => isPast53(one.kept)))
      expect(await project.database.query(`SELECT CAST(${field} AS text) AS stored FROM things`)).toEqual([
        { stored: value },
      ]);
    expect((await project.sync()).json()).toMatchObject({ counts: none });
    await forgetHashes(project);
    expect((await project.sync()).json()).toMatchObject({ records: 1, counts: none });
    expect(await eventTexts(project)).toBe(eventsBefore);
  });

  test('what does not fit rejects its record, with the reason', async () => {
    await using project = await aProject({ redis, target, config: keeping(resource(cases)) });
    project.party.script({ body: `[${rejected.map(({ field, given }, id) => `{"id":${id},"${field}":${given}}`)}]` });
    expect((await project.sync()).json()).toMatchObject({ rejected: rejected.length, counts: none });
    const { json } = await project.sync(['rejects', 'list', '--json', '--limit', '100']);
    const reasons = json<{ rejects: { key: string; reasons: string[] }[] }>().rejects;
    expect(reasons.map(({ key, reasons: [reason = ''] }) => `${key} ${reason.split(' ')[0]}`).toSorted()).toEqual(
      rejected.map(({ field }, id) => `${id} ${field}`).toSorted(),
    );
  });

  test('columns are made of the types that the table names', async () => {
    const types = rows.filter(([, given = '']) => !given.startsWith('`'));
    const fields = types.map(([schema = ''], at) => ({ field: `f${at}`, schema: JSON.parse(schema) }));
    await using project = await aProject({ redis, target, config: keeping(resource(fields)) });
    await project.sync();
    const columns =
      target === 'sqlite'
        ? "SELECT name, type FROM pragma_table_info('things') WHERE name LIKE 'f%'"
        : "SELECT column_name AS name, data_type AS type FROM information_schema.columns WHERE table_name = 'things' AND column_name LIKE 'f%' ORDER BY ordinal_position";
    const found = (await project.database.query(columns)).map(({ type }) => type);
    expect(found).toEqual(types.map((cells) => cells[target === 'sqlite' ? 1 : 2]));
  });

  test('a field that disappears becomes null, which is an update; one that is required rejects the record', async () => {
    const fields = [
      { field: 'name', schema: { type: ['string', 'null'] } },
      { field: 'price', schema: { type: 'string', format: 'decimal' } },
    ];
    const loose = resource(fields);
    const strict = { ...loose, schema: { ...loose.schema, required: ['price'] } };
    const whole = { id: 1, name: 'Zoë', price: '1.50' };
    await using project = await aProject({ redis, target, records: [whole], config: keeping(strict) });
    await project.sync();
    project.serve([{ id: 1, price: 1.5 }]);
    expect((await project.sync()).json()).toMatchObject({ counts: { updated: 1 } });
    project.serve([{ id: 1, name: 'Zoë' }]);
    expect((await project.sync()).json()).toMatchObject({ rejected: 1, counts: none });
    expect(await project.database.rows('things')).toMatchObject([{ name: null, price: '1.5', deleted_at: null }]);
    const changes = (await project.database.events('things.updated')).map(({ data }) => data);
    expect(changes).toMatchObject([
      { changed: ['name'], before: { name: 'Zoë', price: '1.5' }, after: { name: null } },
    ]);
  });

  test('a field that is new in the schema becomes a column, which the next pass fills; columns of the system stay', async () => {
    const one = { field: 'name', schema: { type: 'string' } };
    const two = { field: 'born', schema: { type: 'string', format: 'date' } };
    const records = [{ id: 1, name: 'Zoë', born: '1990-05-06', unknown: true }];
    await using project = await aProject({ redis, target, records, config: keeping(resource([one])) });
    await project.sync();
    await project.reconfigure(keeping(resource([one, two])));
    expect((await project.sync()).json()).toMatchObject({ counts: { updated: 1 } });
    expect((await project.database.events('things.updated'))[0]?.data).toMatchObject({ changed: ['born'] });
    await project.reconfigure(keeping(resource([two])));
    expect((await project.sync()).json()).toMatchObject({ counts: none });
    expect(await project.database.rows('things')).toMatchObject([{ name: 'Zoë' }]);
  });
});

test('columns of other types that the system has already are compared as what they make of a value', async () => {
  await using database: PostgresDatabase = await aPostgres();
  await database.rows(`CREATE TABLE things (id bigint PRIMARY KEY, price numeric(10,2), exact numeric, at timestamptz, local timestamp,
    day date, day_text text, amount real, flag text)`);
  await database.rows(`INSERT INTO things VALUES (1, 1.50, 2.500, '2026-01-02 05:04:05.5+02', '2026-01-02 03:04:05', '2026-01-02',
    '2026-01-02', 1.1, 'true')`);
  const decimal = { type: 'string', format: 'decimal' };
  const time = { type: 'string', format: 'date-time' };
  const day = { type: 'string', format: 'date' };
  const properties = {
    ...{ id: { type: 'integer' }, price: decimal, exact: decimal, at: time, local: time },
    ...{ day, day_text: day, amount: { type: 'number' }, flag: { type: 'boolean' } },
  };
  const record = {
    ...{ id: 1, price: '1.5', exact: 2.5, at: '2026-01-02T03:04:05.500Z', local: '2026-01-02T03:04:05Z' },
    ...{ day: '2026-01-02', day_text: '2026-01-02', amount: 1.1, flag: true },
  };
  const config = keeping({ key: 'id', schema: { properties } });
  await using project = await aProject({ redis, target: database, records: [record], config });
  expect((await project.sync()).json()).toMatchObject({ records: 1, counts: none });
  await forgetHashes(project);
  expect((await project.sync()).json()).toMatchObject({ records: 1, counts: none });
  expect(await project.database.events()).toEqual([]);

  project.serve([{ ...record, price: '1.25', at: '2026-01-02T03:04:06Z' }]);
  await project.sync();
  expect((await project.database.events()).map(({ data }) => data)).toMatchObject([
    { changed: ['price', 'at'], before: { price: '1.5', at: '2026-01-02T03:04:05.5Z', local: '2026-01-02T03:04:05Z' } },
  ]);
});

const none = { created: 0, updated: 0, deleted: 0 };

function keeping(things: object) {
  return (config: BaseConfig) => ({
    ...config,
    resources: { things },
    adapters: { acme: { ...config.adapters.acme, resources: { things: { path: '/things' } } } },
  });
}

/** As if all records were new to cronsync: each is compared with its row. */
async function forgetHashes(project: Project): Promise<void> {
  const sql = "UPDATE _sync_records SET hash = 'forgotten'";
  if (!existsSync(project.file)) return void (await project.database.query(sql));
  using database = new DatabaseSync(project.file);
  database.exec(sql);
}

/** An integer that JavaScript cannot read out of JSON: an event has it as text. */
function isPast53(text: string | undefined): boolean {
  return /^-?\d+$/.test(text ?? '') && !Number.isSafeInteger(Number(text)) && text !== String(2 ** 53);
}

/** The events as they are stored: JSON.parse would round what is past 2^53. */
async function eventTexts(project: Project): Promise<string> {
  return (await project.database.query('SELECT * FROM _sync_outbox')).map(textOf).join('\n');
}

/** The text of a member of `after`, which is the event's last object. */
function memberOf(event: string, field: string): string | undefined {
  const after = event.slice(event.indexOf('"after":'));
  const from = after.indexOf(`"${field}":`) + field.length + 3;
  for (let to = from + 1; to < after.length; to += 1) {
    const text = after.slice(from, to);
    if (/[,}]/.test(after[to] ?? '') && isJson(text)) return text;
  }
  return undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

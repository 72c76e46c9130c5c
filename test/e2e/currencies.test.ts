import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig, type Row } from '../helpers/sync.ts';

// Two releases of the list of currencies (ISO 4217), as `currency-codes` publishes it.

interface Currency {
  readonly code: string;
  readonly number: string;
  readonly digits: number;
  readonly currency: string;
  readonly countries: readonly string[];
}

interface Change {
  readonly type: string;
  readonly key: string;
  readonly before: Row | null;
  readonly after: Row | null;
  readonly changed?: readonly string[];
}

const fields = ['code', 'number', 'digits', 'currency', 'countries'] as const;
const require = createRequire(import.meta.url);
const before: Currency[] = require('currency-codes/data');
const after: Currency[] = require('currency-codes-next/data');

test('the plan, the events and the rows are what a comparison of the two releases says: 3 new, 5 changed, 3 gone', async () => {
  const expected = compare();
  expect([before.length, after.length]).toEqual([179, 179]);
  expect(expected.map(({ type }) => type)).toEqual([
    ...Array(3).fill('created'),
    ...Array(3).fill('deleted'),
    ...Array(5).fill('updated'),
  ]);

  await using project = await aProject({ redis, records: before, config: withCurrencies });
  await project.sync();
  expect(sorted(project.query('SELECT * FROM currencies'))).toEqual(sorted(before.map(rowOf)));
  const eventsBefore = project.events().length;
  expect(eventsBefore).toBe(179);

  project.serve(after);
  const dry = await project.sync(['run', '--json', '--dry-run', '--detailed-exitcode']);
  expect(dry.exitCode).toBe(2);
  const [plan] = dry.json<{ resources: { changes: Change[] }[] }>().resources;
  expect(inOrder(plan?.changes ?? [])).toEqual(expected);
  expect(project.events()).toHaveLength(eventsBefore);

  expect((await project.sync()).json()).toMatchObject({ counts: { created: 3, updated: 5, deleted: 3 } });
  const events = project.events().slice(eventsBefore);
  expect(inOrder(events.map(({ type, data }) => ({ ...data, type: type.slice('currencies.'.length) })))).toEqual(
    expected,
  );
  const live = project.query('SELECT * FROM currencies').filter(({ deleted_at }) => deleted_at === null);
  expect(sorted(live)).toEqual(sorted(after.map(rowOf)));
  expect((await project.sync()).json()).toMatchObject({ counts: { created: 0, updated: 0, deleted: 0 } });
});

function withCurrencies(config: BaseConfig) {
  const text = { type: 'string' };
  const properties = {
    code: text,
    number: text,
    digits: { type: 'integer' },
    currency: text,
    countries: { type: 'array' },
  };
  const schema = { type: 'object', properties, required: Object.keys(properties) };
  return {
    ...config,
    resources: { currencies: { key: 'code', schema } },
    adapters: { acme: { ...config.adapters.acme, resources: { currencies: { path: '/currencies' } } } },
  };
}

/** What differs between the two releases, found without any of the code under test. */
function compare(): Change[] {
  const [old, now] = [before, after].map((list) => new Map(list.map((currency) => [currency.code, currency])));
  const codes = new Set([...before, ...after].map(({ code }) => code));
  const changes = [...codes].flatMap((code): Change[] => {
    const [was, is] = [old?.get(code), now?.get(code)];
    if (JSON.stringify(was) === JSON.stringify(is)) return [];
    if (!was || !is) return [{ type: was ? 'deleted' : 'created', key: code, before: copy(was), after: copy(is) }];
    const changed = fields.filter((name) => JSON.stringify(was[name]) !== JSON.stringify(is[name]));
    return [{ type: 'updated', key: code, before: copy(was), after: copy(is), changed }];
  });
  return inOrder(changes);
}

function copy(currency: Currency | undefined): Row | null {
  return currency ? { ...currency } : null;
}

function inOrder(changes: readonly Change[]): Change[] {
  return changes.toSorted((a, b) => (`${a.type} ${a.key}` < `${b.type} ${b.key}` ? -1 : 1));
}

function rowOf({ countries, ...rest }: Currency): Row {
  return { ...rest, countries: JSON.stringify(countries), deleted_at: null };
}

function sorted(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => (String(a.code) < String(b.code) ? -1 : 1));
}

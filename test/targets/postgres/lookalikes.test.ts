import { expect, test } from 'vitest';
import type { Column, Value } from '../../../src/record.ts';
import { customersTable, takeOver } from '../../contracts/target.ts';
import { aPostgresWorld } from './a-postgres-target.ts';

/** Keys of the rows of a table of the system's that look like a record with this value. */
async function alike(type: string, held: string, kind: Column['kind'], value: Value): Promise<readonly string[]> {
  const world = await aPostgresWorld();
  await world.sql(`CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE TABLE customers (id text PRIMARY KEY, v ${type}); INSERT INTO customers VALUES ('1', '${held}')`);
  const columns: Column[] = [
    { name: 'id', kind: 'text' },
    { name: 'v', kind },
  ];
  const table = customersTable({ columns, mapped: columns, match: ['v'] });
  const target = await takeOver(await world.open(), table);
  const [clues] = await target.clues(table, 'lab', [{ native: 'x', values: ['x', value] }]);
  return clues?.lookalikes.map(({ key }) => key) ?? [];
}

test.each([
  ['numeric(10,2)', '1.5', 'decimal', '1.5'],
  ['numeric(10,2)', '7', 'integer', 7],
  ['numeric(10,2)', '1.5', 'text', '1.5'],
  ['numeric', '1.50', 'decimal', '1.5'],
  ['timestamp(0)', '2026-01-02 03:04:05', 'timestamp', '2026-01-02T03:04:05'],
  ['char(5)', 'ab', 'text', 'ab'],
  ['varchar(5)', 'abcde', 'text', 'abcde'],
  ['text COLLATE any_case', 'ada@example.com', 'text', 'ada@example.com'],
] as const)('a row whose %s is %s looks like a record with this %s: %j', async (type, held, kind, value) => {
  expect(await alike(type, held, kind, value)).toEqual(['1']);
});

test.each([
  ['numeric(4,2)', '99.99', 'decimal', '123456'],
  ['varchar(5)', 'abcde', 'text', 'abcdefgh'],
  ['text COLLATE any_case', 'ada@example.com', 'text', 'ADA@example.com'],
] as const)('a row whose %s is %s looks like none with this %s: %j', async (type, held, kind, value) => {
  expect(await alike(type, held, kind, value)).toEqual([]);
});

import { expect, test } from 'vitest';
import { compileDatePattern } from '../../src/date-pattern.ts';
import { isRejected } from '../../src/record.ts';
import type { PropertySchema } from '../../src/records/columns.ts';
import type { FieldSource } from '../../src/records/field-source.ts';
import { compileKey } from '../../src/records/key.ts';
import { compilePrepare } from '../../src/records/prepare.ts';

const time = { type: 'string', format: 'date-time' };
const date = { type: 'string', format: 'date' };
const text = { type: 'string' };

async function read(at: unknown, source: FieldSource, property: PropertySchema, emptyIsNull = false) {
  const schema = { type: 'object' as const, properties: { id: { type: 'string' }, at: property } };
  const prepare = await compilePrepare({ schema, key: ['id'], map: { id: 'id', at: source }, emptyIsNull });
  const record = prepare({ id: '1', at });
  return isRejected(record) ? record.reasons : record.values[1];
}

test.each([
  [1767323045, 'unix', time, '2026-01-02T03:04:05Z'],
  ['1767323045', 'unix', time, '2026-01-02T03:04:05Z'],
  [1767323045.678901, 'unix', time, '2026-01-02T03:04:05.678901Z'],
  [-1.5, 'unix', time, '1969-12-31T23:59:58.5Z'],
  [0, 'unix', time, '1970-01-01T00:00:00Z'],
  [1767323045123, 'unix-ms', time, '2026-01-02T03:04:05.123Z'],
  [1767323045, 'unix', date, '2026-01-02'],
  [1767323045, 'unix', text, '2026-01-02T03:04:05Z'],
  ['31.12.2026', 'date:DD.MM.YYYY', date, '2026-12-31'],
  ['31.12.2026', 'date:DD.MM.YYYY', time, '2026-12-31T00:00:00Z'],
  ['1/2/2027', 'date:M/D/YYYY', date, '2027-01-02'],
  ['20270103', 'date:YYYYMMDD', date, '2027-01-03'],
  ['31.12.2026 23:59', 'date:DD.MM.YYYY HH:mm', time, '2026-12-31T23:59:00Z'],
  ['31.12.2026 23:59:58', 'date:DD.MM.YYYY HH:mm:ss', time, '2026-12-31T23:59:58Z'],
  ['31.12.2026 23:59', 'date:DD.MM.YYYY HH:mm', date, '2026-12-31'],
  [null, 'unix', time, null],
  [undefined, 'date:DD.MM.YYYY', date, null],
])('%j as %s is %j: %j', async (found, format, property, expected) => {
  expect(await read(found, { from: 'at', format }, property)).toBe(expected);
});

test.each([
  ['31.02.2026', 'date:DD.MM.YYYY', 'at cannot be read: "31.02.2026" is not a date as DD.MM.YYYY'],
  ['2026-12-31', 'date:DD.MM.YYYY', 'at cannot be read: "2026-12-31" is not a date as DD.MM.YYYY'],
  [
    '31.12.2026 24:00',
    'date:DD.MM.YYYY HH:mm',
    'at cannot be read: "31.12.2026 24:00" is not a date as DD.MM.YYYY HH:mm',
  ],
  [31122026, 'date:DDMMYYYY', 'at cannot be read: 31122026 is not a date as DDMMYYYY'],
  [
    1767323045123,
    'unix',
    'at cannot be read: 1767323045123 is not a time in seconds since 1970 (1900 to 2199); "unix-ms" would read it',
  ],
  ['soon', 'unix', 'at cannot be read: "soon" is not a time in seconds since 1970 (1900 to 2199)'],
  ['', 'unix-ms', 'at cannot be read: "" is not a time in milliseconds since 1970 (1900 to 2199)'],
  [true, 'unix', 'at cannot be read: true is not a time in seconds since 1970 (1900 to 2199)'],
])('%j as %s rejects the record and is named', async (found, format, reason) => {
  expect(await read(found, { from: 'at', format }, time)).toEqual([reason]);
});

test('an empty text is null where the field says so, or the resource', async () => {
  expect(await read('', { from: 'at', emptyIsNull: true }, text)).toBe(null);
  expect(await read('', { from: 'at', format: 'unix', emptyIsNull: true }, time)).toBe(null);
  expect(await read('', 'at', text, true)).toBe(null);
  expect(await read(' ', 'at', text, true)).toBe(' ');
  expect(await read('', { from: 'at', emptyIsNull: false }, text, true)).toBe('');
  expect(await read('', 'at', text)).toBe('');
});

test('without a map, an empty text is null as well', async () => {
  const schema = { type: 'object' as const, properties: { id: text, at: text } };
  const prepare = await compilePrepare({ schema, key: ['id'], emptyIsNull: true });
  expect(prepare({ id: '1', at: '' })).toMatchObject({ values: ['1', null] });
  expect(prepare({ id: '', at: 'x' })).toMatchObject({ key: null, reasons: ['id is missing, and it is the key'] });
});

test('the key of a tombstone is written as that of a record', async () => {
  const schema = { type: 'object' as const, properties: { day: date } };
  const key = await compileKey({ schema, key: ['day'], map: { day: { from: 'd', format: 'date:DD.MM.YYYY' } } });
  expect(key({ d: '31.12.2026' })).toBe('2026-12-31');
  expect(key('31.12.2026')).toBe('2026-12-31');
});

test.each([
  'DD.MM',
  'DD.MM.YY',
  'YYYY',
  'DD.MM.YYYY HH',
  'DD.MM.YYYY ss',
  'DD.DD.MM.YYYY',
  'DMYYYY',
  'DD. MMM YYYY',
  'x',
  '',
])('%s is not a pattern', (pattern) => {
  expect(compileDatePattern(pattern)).toBeUndefined();
});

import { describe, expect, test } from 'vitest';
import { csvRows } from '../src/adapters/file/csv.ts';
import { compileBookmarks } from '../src/adapters/rest/bookmark.ts';
import { linkPager } from '../src/adapters/rest/paging/next.ts';
import { canonicalDate, canonicalDecimal, canonicalTimestamp } from '../src/canonical.ts';
import { ConfigError } from '../src/errors.ts';
import { parsePosition } from '../src/event.ts';
import { askedMs } from '../src/http/back-off.ts';
import { parseJson } from '../src/json.ts';
import { isRejected, type RawRecord } from '../src/record.ts';
import type { PropertySchema } from '../src/records/columns.ts';
import { compilePrepare } from '../src/records/prepare.ts';
import { retryAfterMs } from '../src/retry-after.ts';

/** Foreign text of this length takes a linear expression some milliseconds, and a quadratic one half a minute. */
const size = 200_000;
const mostCpuMs = 3000;

const many = (text: string) => text.repeat(size / text.length);

/** What each expression backtracks over at worst: a long run of what it repeats, and then what it does not expect. */
const hostile = {
  digits: `${many('1')}x`,
  'digits with a point': `${many('1')}.${many('1')}x`,
  zeros: `0.${many('0')}1`,
  'zeros in the middle': `1${many('0')}x`,
  'a long fraction': `2026-01-02T03:04:05.${many('1')}x`,
  spaces: `a${many(' ')}b`,
  quotes: `${many('"a')}`,
  commas: `${many('1,')}x`,
  'a limit over and over': many('remaining=0 '),
  semicolons: many(';  '),
};
const texts = Object.entries(hostile);

function cpuMsOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

describe.each(texts)('200 kB of %s', (_, text) => {
  test.each<PropertySchema>([
    { type: 'string' },
    { type: 'integer' },
    { type: 'number' },
    { type: 'string', format: 'decimal' },
    { type: 'string', format: 'date' },
    { type: 'string', format: 'date-time' },
    { type: 'boolean' },
    { type: ['array', 'object'] },
  ])('cost next to nothing in a field of %j', async (field) => {
    const prepare = await prepareOf(field);
    expect(cpuMsOf(() => prepare({ id: '1', field: text }))).toBeLessThan(mostCpuMs);
  });

  const bounds = { perMs: 1, backOffCapMs: 1, retryAfterCapMs: 1 };
  test.each<[string, (text: string) => unknown]>([
    ['a canonical decimal', canonicalDecimal],
    ['a canonical date', canonicalDate],
    ['a canonical time', canonicalTimestamp],
    ['JSON', (json) => attempt(() => parseJson(json))],
    ['a position', parsePosition],
    ['Retry-After', (retryAfter) => retryAfterMs({ retryAfter, date: retryAfter }, 0)],
    ['RateLimit', (ratelimit) => askedMs({ ratelimit }, 0, bounds)],
    ['RateLimit-Reset', (reset) => askedMs({ 'ratelimit-remaining': '0', 'ratelimit-reset': reset }, 0, bounds)],
    ['Link', (link) => attempt(() => nextByLink(link))],
  ])('cost next to nothing as %s', (_name, read) => {
    expect(cpuMsOf(() => read(text))).toBeLessThan(mostCpuMs);
  });

  test.each(['iso', 'number', 'seconds', 'token'] as const)(
    'cost next to nothing as a bookmark of the form %s',
    async (format) => {
      const bookmarks = await compileBookmarks({ param: 'since', field: 'at', format });
      expect(cpuMsOf(() => bookmarks.isOlder({ at: text }, { at: text }))).toBeLessThan(mostCpuMs);
    },
  );
});

describe('a `pattern` of a schema', () => {
  test.each<[string, string]>([
    ['a*b', many('a')],
    ['^(a*)*$', `${many('a')}b`],
    ['^\\w+@\\w+\\.\\w+$', `${many('a')}!`],
  ])('%s costs next to nothing, whatever the text is', async (pattern, text) => {
    const prepare = await prepareOf({ type: 'string', pattern });
    expect(cpuMsOf(() => expect(isRejected(prepare({ id: '1', field: text }))).toBe(true))).toBeLessThan(mostCpuMs);
  });

  test.each<[string, string, boolean]>([
    ['^[A-Z]{2}-\\d{4}$', 'AB-1234', true],
    ['^[A-Z]{2}-\\d{4}$', 'AB-1234\n', false],
    ['\\d', 'a1b', true],
    ['^\\p{L}+$', 'Zoë', true],
    ['^.$', '😀', true],
    ['^\\u00e9\\/$', 'é/', true],
    ['^(?<year>\\d{4})$', '2026', true],
  ])('%s means for %j what it means in JavaScript', async (pattern, text, isFit) => {
    const prepare = await prepareOf({ type: 'string', pattern });
    expect(new RegExp(pattern, 'u').test(text)).toBe(isFit);
    expect(isRejected(prepare({ id: '1', field: text }))).toBe(!isFit);
  });

  test.each(['(?=a)b', '(?!a)b', '(?<=a)b', '(a)\\1', '^.{1,2000}$', '('])(
    'is refused with the config where it cannot be matched in linear time, or at all: %s',
    async (pattern) => {
      const refused = await prepareOf({ type: 'string', pattern }).catch((error) => error);
      expect(refused).toBeInstanceOf(ConfigError);
      expect(refused.message).toContain(`the pattern "${pattern}"`);
      expect(refused.message).toContain('nothing was fetched');
    },
  );

  test('of the names of fields is as safe', async () => {
    const prepare = await prepareOf({ type: 'object', patternProperties: { '^(a*)*b$': false } });
    const field = { [many('a')]: 1 };
    expect(cpuMsOf(() => expect(isRejected(prepare({ id: '1', field }))).toBe(false))).toBeLessThan(mostCpuMs);
  });
});

test('a CSV file with a hundred thousand columns costs next to nothing', async () => {
  const names = Array.from({ length: 100_000 }, (_, at) => `c${at}`);
  const before = process.cpuUsage();
  for await (const records of csvRows(bytesOf(`${names}\n`), {}, 'a.csv')) expect(records).toEqual([]);
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(mostCpuMs);
});

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

async function prepareOf(field: PropertySchema & Readonly<Record<string, unknown>>) {
  const properties = { id: { type: 'string' }, field };
  return compilePrepare({ key: ['id'], schema: { type: 'object', properties } });
}

function nextByLink(link: string) {
  const records: readonly RawRecord[] = [];
  const url = new URL('http://api.example.com/');
  const answered = { records, document: {}, headers: { link }, url, total: undefined };
  return linkPager('next', undefined).turn(answered, null, null);
}

function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkConfig } from '../../../src/config/load.ts';
import { compileExpression } from '../../../src/expression.ts';
import { clearList, listsIn } from '../../../src/init/answer/lists.ts';
import { throttleOf } from '../../../src/init/answer/throttle.ts';
import { isRejected } from '../../../src/record.ts';
import { compilePrepare } from '../../../src/records/prepare.ts';
import { configFor, draftOf } from '../an-answer.ts';

const at = 'https://api.example.com/v1/customers';

/** Prepares the records of a page by the config that `init` makes of it. */
async function prepared(url: string, document: unknown) {
  const { draft, records } = draftOf(url, document);
  const { config } = checkConfig({ path: 'sync.config.json', dir: '/', content: configFor(draft) }, {});
  const resource = config.resources[draft.name];
  const adapter = config.adapters.acme;
  if (!resource || adapter?.type !== 'rest') throw new Error('the resource is missing');
  const { map } = adapter.resources[draft.name] ?? {};
  const prepare = await compilePrepare({ schema: resource.schema, key: resource.key, map });
  return { draft, records: records.map(prepare) };
}

const anyName = fc.oneof(
  fc.constantFrom(
    'name',
    'email',
    'created_at',
    'updated',
    'price',
    'deleted_at',
    'Name',
    'a-b',
    'a.b',
    'x"y',
    '${NAME}',
    'token',
    '@type',
  ),
  fc.string({ minLength: 1, maxLength: 8 }),
);
const anyValue = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.integer({ min: 1_500_000_000, max: 1_900_000_000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string({ maxLength: 12 }).map((text) => text.replaceAll('\0', '')),
  fc.constantFrom('2026-01-02', '2026-01-02T03:04:05Z', '12.50', '', '0042'),
  fc.array(fc.integer(), { maxLength: 3 }),
  fc.dictionary(anyName, fc.oneof(fc.integer(), fc.constant('x'), fc.constant(null)), { maxKeys: 4 }),
);
const anyRecords = fc
  .array(fc.dictionary(anyName, anyValue, { maxKeys: 8 }), { minLength: 1, maxLength: 8 })
  .map((records) => records.map((record, id) => ({ ...record, id })));

test('whatever the records are, the config is valid, and every record of the page fits it', async () => {
  await fc.assert(
    fc.asyncProperty(anyRecords, async (records) => {
      const { records: fitted } = await prepared(at, { data: records });
      expect(fitted.filter(isRejected)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('each column has a name of its own, and its path leads to a value of the record', async () => {
  await fc.assert(
    fc.asyncProperty(anyRecords, async (records) => {
      const { fields } = draftOf(at, records);
      const names = fields.map(({ name }) => name.toLowerCase());
      expect(new Set(names).size).toBe(names.length);
      for (const { path, values } of fields) {
        const read = await compileExpression(path);
        expect(records.map((record) => read(record))).toEqual(values);
      }
    }),
    { numRuns: 200 },
  );
});

test('what is left out is listed: no field of the first record disappears', () => {
  fc.assert(
    fc.property(anyRecords, (records) => {
      const { fields, leftOut } = draftOf(at, records);
      const known = [...fields.map(({ path }) => path), ...leftOut.map(({ what }) => what)];
      for (const name of Object.keys(records[0] ?? {})) {
        const written = /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
        const isWrapped = (path: string) => path === written || path.startsWith(`${written}.`);
        expect(known.some(isWrapped) || isEmptyObject(records, name), name).toBe(true);
      }
    }),
  );
});

/** Nothing is in an object that has no member in any record. */
function isEmptyObject(records: readonly object[], name: string): boolean {
  const values = records.map((record) => Object.entries(record).find(([own]) => own === name)?.[1]);
  return values.every((value) => value == null || (typeof value === 'object' && Object.keys(value).length === 0));
}

describe('the type of a field', () => {
  test.each<[string, readonly unknown[], object]>([
    ['whole numbers', [1, 2], { type: 'integer', isNullable: false }],
    ['whole numbers of what is measured', [1, 2], { name: 'price', type: 'number' }],
    ['whole and other numbers', [1, 2.5, null], { type: 'number', isNullable: true }],
    ['prices as text', ['12.50', '3.00'], { type: 'decimal' }],
    ['numbers with leading zeros', ['0042', '0043'], { type: 'string' }],
    ['days', ['2026-01-02', '2026-02-03'], { type: 'date' }],
    ['days, or none', ['2026-01-02', ''], { type: 'date', isNullable: true, emptyIsNull: true }],
    ['times', ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.5+02:00'], { type: 'date-time' }],
    ['seconds', [1_767_323_045, 1_767_323_046], { name: 'created_at', type: 'date-time', format: 'unix' }],
    ['milliseconds', [1_767_323_045_000], { name: 'updated', type: 'date-time', format: 'unix-ms' }],
    ['truth', [true, false], { type: 'boolean' }],
    ['lists', [['a'], []], { type: 'array' }],
    ['numbers and texts', [1, 'x'], { type: 'string' }],
    ['an integer that no column holds', [2n ** 70n], { type: 'string' }],
  ])('%s', (_title, values, { name = 'field', ...expected }: { name?: string }) => {
    const { fields } = draftOf(
      at,
      values.map((value, id) => ({ id, [name]: value })),
    );
    expect(fields.find((field) => field.name === name)).toMatchObject(expected);
  });

  test('a small object is a column for each of its values, and a large one is JSON', () => {
    const large = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`m${at}`, at]));
    const { fields } = draftOf(at, [{ id: 1, contact: { email: 'a@b.example', phone: null }, stats: large }]);
    expect(fields.map(({ name, path, type }) => [name, path, type])).toEqual([
      ['id', 'id', 'integer'],
      ['contact_email', 'contact.email', 'string'],
      ['stats', 'stats', 'object'],
    ]);
  });

  test('deleted_at is a column of cronsync, so the API has another one', () => {
    const { fields } = draftOf(at, [{ id: 1, deleted_at: '2026-01-02T03:04:05Z' }]);
    expect(fields.map(({ name, path }) => [name, path])).toContainEqual(['source_deleted_at', 'deleted_at']);
  });
});

test.each(['api_key', 'accessToken', 'password_hash', 'client_secret', 'privateKey'])('%s is left out', (name) => {
  const { fields, leftOut } = draftOf(at, [{ id: 1, [name]: 'x' }]);
  expect(fields.map((field) => field.name)).toEqual(['id']);
  expect(leftOut).toEqual([{ what: name, why: expect.stringContaining('secret') }]);
});

test.each(['key', 'token_count', 'has_password', 'author', 'keys_url', 'secretary'])('%s is kept', (name) => {
  const value = name === 'has_password' ? true : 'x';
  expect(draftOf(at, [{ id: 1, [name]: value }]).fields.map((field) => field.name)).toContain(name);
});

describe('the key', () => {
  test.each<[string, readonly object[], readonly string[]]>([
    ['id comes first', [{ uuid: 'u', customer_id: 1, id: 5 }], ['id']],
    ['then its own id', [{ order_id: 1, customer_id: 2 }], ['customer_id']],
    ['the id of something else comes after uuid', [{ shop_id: 1, uuid: 'u' }], ['uuid']],
    ['and after key', [{ shop_id: 1, key: 'k' }], ['key']],
    ['and after a code', [{ shop_id: 1, slug: 's' }], ['slug']],
    ['but before any other field', [{ note: 'n', shop_id: 1 }], ['shop_id']],
    [
      'a field that repeats is not one',
      [
        { group_id: 1, uuid: 'a' },
        { group_id: 1, uuid: 'b' },
      ],
      ['uuid'],
    ],
    [
      'a field that is null is not one',
      [
        { id: null, code: 'a' },
        { id: 1, code: 'b' },
      ],
      ['code'],
    ],
    [
      'two that identify a record together',
      [
        { order_id: 1, line_id: 1 },
        { order_id: 1, line_id: 2 },
        { order_id: 2, line_id: 1 },
      ],
      ['order_id', 'line_id'],
    ],
  ])('%s', (_title, records, key) => {
    expect(draftOf(at, records).keys[0]).toEqual(key);
  });

  test.each<[string, readonly object[], readonly string[]]>([
    ['the id of something else', [{ shop_id: 1 }], ['shop_id']],
    ['a name', [{ name: 'Ada' }], ['name']],
    ['any other field', [{ note: 'a' }, { note: 'b' }], ['note']],
    [
      'two fields',
      [
        { order_id: 1, line_id: 1 },
        { order_id: 1, line_id: 2 },
        { order_id: 2, line_id: 1 },
      ],
      ['order_id', 'line_id'],
    ],
  ])('that it is a guess is said: %s', (_title, records, key) => {
    const note = `the key of customers is a guess: ${key.join(' and ')}`;
    expect(draftOf(at, records).notes).toEqual([expect.stringContaining(note)]);
    expect(draftOf(at, records, {}, { key }).notes).toEqual([]);
  });

  test.each([[{ id: 1 }], [{ customer_id: 1 }], [{ uuid: 'u' }], [{ key: 'k' }]])(
    '%j has a key that is not a guess',
    (record) => {
      expect(draftOf(at, [record]).notes).toEqual([]);
    },
  );

  test('the likeliest key identifies every record', () => {
    fc.assert(
      fc.property(anyRecords, (records) => {
        const { fields, keys } = draftOf(at, records);
        const [key = []] = keys;
        const values = key.map((name) => fields.find((field) => field.name === name)?.values ?? []);
        const texts = records.map((_, at) => JSON.stringify(values.map((column) => String(column[at]))));
        expect(new Set(texts).size).toBe(records.length);
      }),
    );
  });
});

describe('the list', () => {
  test('the longest list of objects is taken, and none inside of its records', () => {
    const document = {
      meta: { tags: [{ a: 1 }] },
      data: { items: [{ id: 1, tags: [{}, {}, {}] }, { id: 2 }, { id: 3 }] },
    };
    expect(listsIn(document).map(({ path, records }) => [path, records.length])).toEqual([
      ['data.items', 3],
      ['meta.tags', 1],
    ]);
  });

  test('two lists of one length at one depth are a question', () => {
    expect(clearList(listsIn({ a: [{ id: 1 }], b: [{ id: 1 }] }))).toBeUndefined();
  });

  test('a list of names has one column', async () => {
    const { draft, records } = await prepared('https://registry.example/v2/_catalog', {
      repositories: ['alpine', 'busybox'],
    });
    expect(draft).toMatchObject({
      name: 'repositories',
      records: 'repositories',
      key: ['name'],
      fields: [{ path: '@' }],
    });
    expect(records.map((record) => record.key)).toEqual(['alpine', 'busybox']);
  });
});

describe('the limit', () => {
  test.each<[string, Record<string, string>, readonly object[] | null]>([
    [
      'a policy with two windows, which both count',
      { 'ratelimit-policy': '"day";q=1000;w=86400,"burst";q=100;w=60' },
      [
        { hits: 100, per: '60s' },
        { hits: 1000, per: '86400s' },
      ],
    ],
    ['an older policy', { 'ratelimit-limit': '10, 10;w=1' }, [{ hits: 10, per: '1s' }]],
    ['a number without a window', { 'x-ratelimit-limit': '60', 'x-ratelimit-reset': '30' }, null],
    ['no header', {}, null],
  ])('%s', (_title, headers, expected) => {
    expect(throttleOf({ headers }).throttle).toEqual(expected);
  });

  test('a number without a window is said', () => {
    expect(throttleOf({ headers: { 'x-ratelimit-limit': '60' } }).note).toContain(
      'a limit of 60 hits, but not over which',
    );
  });
});

test('a time of the last change is suggested, and with its parameter it is a bookmark', () => {
  const records = [{ id: 1, updated_at: '2026-01-02T03:04:05Z' }];
  expect(draftOf(at, records).notes).toEqual([expect.stringContaining('--changes PARAM')]);
  expect(draftOf(at, records).draft.changes).toBeNull();
  const { draft } = draftOf(at, records, {}, { changesParam: 'since' });
  expect(draft.changes).toEqual({ field: 'updated_at', param: 'since' });
});

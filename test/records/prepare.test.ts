import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { isRejected, type Prepared, type RawRecord, type Rejected } from '../../src/record.ts';
import { columnsOf, type PropertySchema } from '../../src/records/columns.ts';
import { compilePrepare, type Mapping, mappedColumns } from '../../src/records/prepare.ts';

const customer: Mapping = {
  key: ['id'],
  schema: {
    type: 'object',
    properties: {
      id: { type: 'string' },
      email: { type: 'string' },
      visits: { type: ['integer', 'null'] },
      tags: { type: 'array' },
    },
    required: ['id', 'email', 'visits'],
  },
};

async function prepared(raw: RawRecord, mapping = customer): Promise<Prepared> {
  const record = (await compilePrepare(mapping))(raw);
  if (isRejected(record)) throw new Error(record.reasons.join('; '));
  return record;
}

async function rejected(raw: RawRecord, mapping = customer): Promise<Rejected> {
  const record = (await compilePrepare(mapping))(raw);
  if (!isRejected(record)) throw new Error('was not rejected');
  return record;
}

const of = (property: PropertySchema, key = ['id']): Mapping => ({
  key,
  schema: { type: 'object', properties: { id: { type: 'string' }, field: property } },
});

describe('a record without a map', () => {
  test('is read under the names of the schema, in its order', async () => {
    expect(await prepared({ tags: ['a'], visits: '3', email: 'a@b.c', id: 7, more: 1 })).toMatchObject({
      key: '7',
      values: ['7', 'a@b.c', 3, '["a"]'],
    });
  });

  test('reads nothing along the prototype chain', async () => {
    const mapping = of({ type: 'string' });
    expect((await prepared(Object.assign(Object.create({ field: 'inherited' }), { id: '1' }), mapping)).values).toEqual(
      ['1', null],
    );
  });

  test('has no field of its prototype, whatever a column is called', async () => {
    const schema = JSON.parse(
      '{"type":"object","properties":{"id":{"type":"string"},"__proto__":{"type":"string"},"constructor":{"type":"string"}}}',
    );
    expect((await prepared({ id: '1' }, { key: ['id'], schema })).values).toEqual(['1', null, null]);
    const raw = JSON.parse('{"id":"1","__proto__":"own","constructor":"mine"}');
    expect((await prepared(raw, { key: ['id'], schema })).values).toEqual(['1', 'own', 'mine']);
  });
});

describe('a record with a map', () => {
  const mapping: Mapping = {
    ...customer,
    map: { id: 'ID', email: 'contact.email', visits: 'length(calls)', tags: 'labels[].name' },
  };

  test('is read by its expressions', async () => {
    const raw = { ID: 'x', contact: { email: 'a@b.c' }, calls: [1, 2], labels: [{ name: 'n' }, {}] };
    expect((await prepared(raw, mapping)).values).toEqual(['x', 'a@b.c', 2, '["n"]']);
  });

  test('fills the mapped columns only', async () => {
    const some = { ...customer, schema: { ...customer.schema, required: ['id'] }, map: { id: 'ID', email: 'mail' } };
    expect(mappedColumns(some).map(({ name }) => name)).toEqual(['id', 'email']);
    expect((await prepared({ ID: 'x', tags: ['a'] }, some)).values).toEqual(['x', null]);
  });

  test('is rejected, not broken, where an expression cannot be applied', async () => {
    const raw = { ID: 'x', contact: { email: 'a@b.c' }, calls: 7, labels: [] };
    expect(await rejected(raw, mapping)).toMatchObject({
      key: 'x',
      reasons: [expect.stringContaining('visits cannot be read')],
    });
  });
});

describe('a record is rejected', () => {
  test.each([
    [null, 'is null, not an object'],
    [[{ id: '1' }], 'is an array, not an object'],
    ['text', 'is a string, not an object'],
    [7, 'is a number, not an object'],
    [undefined, 'is undefined, not an object'],
  ])('if it is not an object: %o', async (raw, reason) => {
    expect(await rejected(raw)).toEqual({ key: null, reasons: [reason], raw });
  });

  test('with all its reasons, and the key that it has', async () => {
    expect(await rejected({ id: '7', visits: 'many', tags: 3 })).toMatchObject({
      key: '7',
      reasons: ['email is missing', 'visits is "many", not an integer', 'tags is 3, not array'],
    });
  });

  test.each([{}, { id: null }, { id: '' }, { id: {} }, { id: 'a\0b' }])(
    'without a key where the key cannot be read: %o',
    async (raw) => {
      expect(await rejected({ ...raw, email: 'a@b.c' })).toMatchObject({ key: null, reasons: [expect.any(String)] });
    },
  );

  test('not for a null where the schema allows one', async () => {
    expect((await prepared({ id: '7', email: 'a@b.c', visits: null })).values).toEqual(['7', 'a@b.c', null, null]);
  });

  test('not for an empty text that is not a key', async () => {
    expect((await prepared({ id: '7', email: '' })).values[1]).toBe('');
  });
});

describe('a key of several fields', () => {
  const mapping = of({ type: 'integer' }, ['id', 'field']);

  test('is the array of their texts', async () => {
    expect((await prepared({ id: 'eu', field: '007' }, mapping)).key).toBe('["eu","7"]');
  });

  test('is none where one of them is missing', async () => {
    expect((await rejected({ id: 'eu' }, mapping)).key).toBeNull();
  });
});

describe('the hash', () => {
  test('is the same however the third party writes the same values', async () => {
    const one = await prepared({ id: 7, email: 'a@b.c', visits: '3', tags: [{ a: 1, b: 2 }] });
    const other = await prepared({ tags: '[{"b":2,"a":1}]', visits: 3, id: '7', email: 'a@b.c' });
    expect(one).toEqual(other);
  });

  test('is another one where a value is', async () => {
    const base = { id: '7', email: 'a@b.c', visits: 3 };
    expect((await prepared(base)).hash).not.toBe((await prepared({ ...base, visits: null })).hash);
  });
});

describe('a schema that says more than types', () => {
  test('is obeyed', async () => {
    const mapping = of({ type: 'string', enum: ['new', 'paid'], maxLength: 4 });
    expect((await prepared({ id: '1', field: 'paid' }, mapping)).values[1]).toBe('paid');
    expect(await rejected({ id: '1', field: 'unpaid' }, mapping)).toMatchObject({
      key: '1',
      reasons: ['field must be equal to one of the allowed values', 'field must NOT have more than 4 characters'],
    });
  });

  test('does not check a field that is absent', async () => {
    expect((await prepared({ id: '1', field: null }, of({ type: 'string', minLength: 3 }))).values[1]).toBeNull();
  });

  test('treats an integer past 2^53 as a number, alone and inside JSON', async () => {
    const big = 2n ** 60n;
    expect((await prepared({ id: '1', field: big }, of({ type: 'integer', minimum: 5 }))).values[1]).toBe(big);
    const nested = of({ type: 'object', properties: { n: { type: 'integer' } } });
    expect((await prepared({ id: '1', field: { n: big } }, nested)).values[1]).toBe(`{"n":${big}}`);
  });

  test('looks into arrays and objects, also where they came as text', async () => {
    const mapping = of({ type: 'array', items: { type: 'string' }, maxItems: 2 });
    expect((await prepared({ id: '1', field: '["a"]' }, mapping)).values[1]).toBe('["a"]');
    expect((await rejected({ id: '1', field: '["a",2]' }, mapping)).reasons).toEqual(['field/1 must be string']);
  });

  test('may call itself a draft of before', async () => {
    const mapping = of({ type: 'string', pattern: '^a' });
    const schema = { ...mapping.schema, $schema: 'http://json-schema.org/draft-07/schema#' };
    expect((await prepared({ id: '1', field: 'ab' }, { ...mapping, schema })).key).toBe('1');
  });

  test('is a config error where it is none', async () => {
    await expect(compilePrepare(of({ type: 'string', maxLength: 'long' }))).rejects.toThrow(ConfigError);
  });
});

test.each([
  [{ type: 'string' }, 'text'],
  [{ type: ['string', 'null'] }, 'text'],
  [{}, 'text'],
  [{ type: 'integer' }, 'integer'],
  [{ type: ['null', 'integer'] }, 'integer'],
  [{ type: 'number' }, 'real'],
  [{ type: ['integer', 'number'] }, 'real'],
  [{ type: 'boolean' }, 'boolean'],
  [{ type: ['boolean', 'integer'] }, 'text'],
  [{ type: ['string', 'integer'] }, 'text'],
  [{ type: 'array' }, 'json'],
  [{ type: ['string', 'object'] }, 'json'],
  [{ type: 'null' }, 'text'],
])('%o makes a column of %s', (field, kind) => {
  expect(columnsOf({ type: 'object', properties: { field } })).toEqual([{ name: 'field', kind }]);
});

describe('a list of plain values', () => {
  const named: Mapping = {
    key: ['name'],
    schema: { type: 'object', properties: { name: { type: 'string' }, size: { type: 'integer' } } },
    map: { name: '@', size: 'size' },
  };

  test.each([
    ['library/redis', ['library/redis', null]],
    [7, ['7', null]],
    [12345678901234567890n, ['12345678901234567890', null]],
  ])('%s is a record where the map reads the record itself', async (raw, values) => {
    expect((await prepared(raw, named)).values).toEqual(values);
  });

  test('so is a list, by its places', async () => {
    expect((await prepared(['a', 2], { ...named, map: { name: '[0]', size: '@[1]' } })).values).toEqual(['a', 2]);
  });

  test.each([[null], [undefined]])('%j is not', async (raw) => {
    expect(await rejected(raw, named)).toMatchObject({ key: null });
  });

  test('where the map reads names, a value is not a record', async () => {
    const reading = { ...named, map: { name: 'name', size: 'size' } };
    expect(await rejected('library/redis', reading)).toMatchObject({ reasons: ['is a string, not an object'] });
  });
});

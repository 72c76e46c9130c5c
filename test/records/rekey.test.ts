import { expect, test } from 'vitest';
import { isRejected } from '../../src/record.ts';
import { compileRekey } from '../../src/records/key.ts';
import { compilePrepare, type Mapping } from '../../src/records/prepare.ts';

const properties = { id: { type: 'integer' }, name: { type: 'string' }, tenant: { type: 'string' } } as const;
const one: Mapping = { schema: { type: 'object', properties }, key: ['id'] };
const two: Mapping = { schema: { type: 'object', properties }, key: ['tenant', 'id'] };

async function prepared(mapping: Mapping, raw: object) {
  const record = (await compilePrepare(mapping))(raw);
  if (isRejected(record)) throw new Error(record.reasons.join());
  return record;
}

test.each([
  ['one field', one, { id: 7, name: 'Ada' }, '12', { id: 12, name: 'Ada' }],
  ['one that is past 2^53', one, { id: 7, name: 'Ada' }, '9007199254740993', { id: 9007199254740993n, name: 'Ada' }],
  ['several', two, { id: 7, tenant: 'x' }, '["ours","12"]', { id: 12, tenant: 'ours' }],
])('a record under the key of another, %s, is as if it had come so', async (_, mapping, raw, key, same) => {
  const rekeyed = compileRekey(mapping)(await prepared(mapping, raw), key);
  expect(rekeyed).toEqual(await prepared(mapping, same));
});

test.each([
  ['text', one, 'abc'],
  ['nothing', one, ''],
  ['one of two', two, '["ours"]'],
  ['no JSON', two, 'ours'],
])('a key that is %s is none of these fields', async (_, mapping, key) => {
  expect(compileRekey(mapping)(await prepared(mapping, { id: 7, tenant: 'x' }), key)).toBeNull();
});

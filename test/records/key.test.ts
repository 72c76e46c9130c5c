import { expect, test } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { compileKey } from '../../src/records/key.ts';

const schema = { type: 'object', properties: { id: { type: 'string' }, tenant: { type: 'integer' } } } as const;
const one = { schema, key: ['id'] };
const two = { schema, key: ['tenant', 'id'] };

test('a key is read by the map, in the form that records have it in', async () => {
  const read = await compileKey({ ...one, map: { id: 'ref.id' } });
  expect(read({ ref: { id: 7 } })).toBe('7');
  expect((await compileKey({ ...two, map: { id: 'id', tenant: 't' } }))({ id: 'a', t: '5' })).toBe('["5","a"]');
  expect((await compileKey(one))({ id: 'a' })).toBe('a');
});

test('a bare id is a key of one field, and of that only', async () => {
  expect((await compileKey({ ...one, map: { id: 'ref.id' } }))(7)).toBe('7');
  expect((await compileKey({ ...one, map: { id: '@' } }))('a')).toBe('a');
  expect((await compileKey({ ...two, map: { id: 'id', tenant: 't' } }))('a')).toBeNull();
});

test.each([{}, { id: null }, { id: '' }, { id: [1] }, null, ''])('there is no key in %j', async (raw) => {
  expect((await compileKey(one))(raw)).toBeNull();
});

test('a map without the key is a mistake in the config', async () => {
  await expect(compileKey({ ...two, map: { id: 'id' } })).rejects.toBeInstanceOf(ConfigError);
});

test('where records are matched, an id that does not fit the key is still an id', async () => {
  const numbered = { schema: { type: 'object', properties: { id: { type: 'integer' } } }, key: ['id'] } as const;
  expect((await compileKey({ ...numbered, match: ['email'] }))({ id: 'cus_7' })).toBe('cus_7');
  expect((await compileKey({ ...numbered, match: ['email'] }))({ id: '007' })).toBe('7');
  expect((await compileKey({ ...numbered, match: ['email'] }))({ id: [] })).toBeNull();
  expect((await compileKey(numbered))({ id: 'cus_7' })).toBeNull();
});

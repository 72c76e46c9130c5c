import { expect, test } from 'vitest';
import { readersIn } from '../../src/records/readers.ts';

const text = { type: 'string' } as const;
const properties = { id: text, email: text, first: text, tags: text, owner: text, name: text };
const readersOf = readersIn({
  key: ['id'],
  schema: { type: 'object', properties },
  map: {
    id: 'id',
    email: 'contact.email || emails[0].address',
    first: 'labels[*].name | [0]',
    tags: "join(', ', labels[?kind == 'x'].name)",
    owner: '"the owner".id',
    name: 'names.full',
  },
});

test.each([
  ['contact.email', ['email']],
  ['contact', ['email']],
  ['emails[]', ['email']],
  ['emails[].address', ['email']],
  ['labels[].name', ['first']],
  ['labels', ['first', 'tags']],
  ['"the owner"', ['owner']],
  ['"the owner".id', ['owner']],
  ['id', ['id']],
  ['name', []],
  ['email', []],
  ['full', []],
])('of the path %s the columns are known whose expression reads it', (path, columns) => {
  expect(readersOf(path)).toEqual(columns);
});

test('without a map each column is read under its own name', () => {
  expect(readersIn({ key: ['id'], schema: { type: 'object', properties } })('email')).toEqual(['email']);
});

import { expect, test } from 'vitest';
import { EntryBook } from '../../../src/targets/sql/entry-book.ts';

const register = { id: 3, next: 10, live: 5 };

const known = { id: 4, hash: 'old', deleted: false };
const deleted = { id: 6, hash: 'old', deleted: true };

test('new records get consecutive ids, in their order among the known ones', () => {
  const book = new EntryBook(register);
  book.enter({ key: 'a', hash: 'h1' }, null, 'f1');
  book.enter({ key: 'b', hash: 'h2' }, known, 'f2');
  book.enter({ key: 'c', hash: 'h3' }, null, 'f3');
  expect(book.ids).toEqual([10, 4, 11]);
  expect(book.entries).toEqual({
    first: 10,
    entering: [
      ['a', 'h1', 'f1'],
      ['c', 'h3', 'f3'],
    ],
    renewing: [[4, 'h2', 'f2']],
    register: { id: 3, next: 12, live: 7 },
  });
});

test('a deleted record that comes again keeps its id, and counts as live once more', () => {
  const book = new EntryBook(register);
  book.enter({ key: 'a', hash: 'h1' }, deleted, 'f1');
  expect(book.ids).toEqual([6]);
  expect(book.entries).toMatchObject({ entering: [], renewing: [[6, 'h1', 'f1']], register: { next: 10, live: 6 } });
});

test('a record that is kept is live as before, or not at all', () => {
  const book = new EntryBook(register);
  for (const entry of [known, deleted, null]) book.keep(entry);
  expect(book.ids).toEqual([4]);
  expect(book.entries).toMatchObject({ entering: [], renewing: [] });
});

test('the register stays as it is while only known records are renewed', () => {
  const book = new EntryBook(register);
  book.enter({ key: 'b', hash: 'h2' }, known, 'f2');
  expect(book.entries.register).toBeNull();
});

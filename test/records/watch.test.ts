import { describe, expect, test } from 'vitest';
import { lostInPass, lostOnPage, withPage } from '../../src/mapped-fields.ts';
import { compilePrepare, type Mapping } from '../../src/records/prepare.ts';
import { compileWatch } from '../../src/records/watch.ts';

const text = { type: ['string', 'null'] } as const;
const mapping: Mapping = {
  key: ['id'],
  schema: { type: 'object', properties: { id: { type: 'string' }, name: text, email: text, age: { type: 'integer' } } },
  map: { id: 'id', name: 'nme', email: 'contact.emial', age: 'length(years || `[]`)' },
};

async function watching(records: readonly object[]) {
  const watch = (await compileWatch(mapping))();
  const prepare = watch.around(await compilePrepare(mapping));
  for (const raw of records) prepare(raw);
  return watch;
}

const person = { id: '1', name: 'Ada', contact: { email: 'ada@example.com', phone: '1' } };

describe('a watch over a page', () => {
  test('names the expressions that found nothing, and the name that was probably meant', async () => {
    const watch = await watching([person, { ...person, id: '2' }]);
    expect(watch.fields()).toEqual({ records: 2, found: ['age'], missing: ['name', 'email'] });
    expect(watch.describe('name', 2)).toBe('`nme`, which fills name, was in none of 2 records; did you mean `name`?');
    expect(watch.describe('email', 2)).toContain('did you mean `contact.email`?');
  });

  test('is content with one record that has it, also a rejected one', async () => {
    const watch = await watching([person, { nme: 'Bob', contact: { emial: 'b@example.com' } }, person]);
    expect(watch.fields().missing).toEqual([]);
  });

  test('guesses nothing where no name is near', async () => {
    expect((await watching([{ id: '1', title: 'x' }])).describe('name', 1)).toMatch(/of 1 records$/);
  });
});

const page = (records: number, found: string[], missing: string[]) => ({ records, found, missing });

describe('a field is lost', () => {
  const last = { always: ['name'], ever: ['name', 'phone'] };

  test('on a page, if each page of the last pass had it, and the page is not tiny', () => {
    expect(lostOnPage(page(20, [], ['name', 'phone', 'fax']), last)).toEqual(['name']);
    expect(lostOnPage(page(4, [], ['name']), last)).toEqual([]);
    expect(lostOnPage(page(20, [], ['name']), null)).toEqual([]);
  });

  test('in a pass, if the last pass had it anywhere, or there was none', () => {
    const pass = { always: [], ever: ['email'] };
    expect(lostInPass(['name', 'phone', 'fax', 'email'], pass, last)).toEqual(['name', 'phone']);
    expect(lostInPass(['name', 'email'], pass, null)).toEqual(['name']);
  });
});

test('a pass remembers what every page had, and what any page had', () => {
  const first = withPage(null, page(20, ['name', 'phone'], []));
  const second = withPage(first, page(20, ['name', 'fax'], ['phone']));
  expect(second).toEqual({ always: ['name'], ever: ['name', 'phone', 'fax'] });
  expect(withPage(second, page(1, [], ['name'])).always).toEqual(['name']);
  expect(withPage(null, page(1, ['name'], [])).always).toBeNull();
});

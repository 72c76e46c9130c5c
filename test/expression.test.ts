import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { ConfigError } from '../src/errors.ts';
import { compileExpression, plainPath } from '../src/expression.ts';

const document = JSON.parse(
  '{"a": {"b": {"c": 1}}, "odd-name": {"x y": 2}, "list": [{"n": 1}, {"n": 2}], "text": "abc", "__proto__": {"x": 5}, "no": false}',
);

const big = 9007199254740993n;

test.each([
  ['a.b.c', 1],
  [' a.b ', { c: 1 }],
  ['"odd-name"."x y"', 2],
  ['no', false],
  ['list', [{ n: 1 }, { n: 2 }]],
  ['a.missing.c', null],
  ['list.length', null],
  ['text.length', null],
  ['constructor.name', null],
  ['toString', null],
  ['__proto__.x', null],
  ['a.__proto__', null],
  ['list[].n', [1, 2]],
  ['list[-1].n', 2],
  ['no && text', false],
  ['{id: a.b.c, list: list[*].n}', { id: 1, list: [1, 2] }],
  ["join('-', ['x', 'y'])", 'x-y'],
])('%s picks what it names', async (text, found) => {
  expect((await compileExpression(text))(document)).toEqual(found);
});

test('@ is the document itself', async () => {
  expect((await compileExpression('@'))(document)).toBe(document);
});

test('passes on integers past 2^53 as they are', async () => {
  const rows = { rows: [{ id: 12345678901234567890n }] };
  expect((await compileExpression('rows[].id'))(rows)).toEqual([12345678901234567890n]);
});

test.each([
  ['[?id > `0`].id', [1, big, big + 2n]],
  [`[?id >= to_number('5')].id`, [big, big + 2n]],
  ['[?id == max_by($, &n).id].n', [3]],
  ['[?id != `1`].n', [2, 3]],
  ['[?`2` > id].n', [1]],
  ["[?id < 'text'].n", []],
  [`[?to_string(id) == '9007199254740993'].n`, [2]],
  ['[].to_string(id)', ['1', '9007199254740993', '9007199254740995']],
  ['to_string([1].{ids: [id]})', '{"ids":[9007199254740993]}'],
  ['[].type(id)', ['number', 'number', 'number']],
  ['let $least = [1].id in [?id > $least].n', [3]],
  ['[?not_null(x, id) == `1`].type(x)', ['null']],
])('%s treats integers past 2^53 as numbers', async (text, found) => {
  const records = [
    { id: 1, n: 1 },
    { id: big, n: 2 },
    { id: big + 2n, n: 3 },
  ];
  expect((await compileExpression(text))(records)).toEqual(found);
});

test('refuses a literal that would be rounded', async () => {
  const compiling = compileExpression('[?id == `9007199254740993`]');
  await expect(compiling).rejects.toThrow('`[?id == `9007199254740993`]` has an integer past 2^53');
  expect((await compileExpression('[?id < `1e300`]'))([{ id: big }])).toHaveLength(1);
});

test.each(['a.[', '', 'a..b', 'list[', 'nope(@)(', '{x: __proto__}', 'list[].constructor'])(
  'refuses %j, and names it',
  async (text) => {
    const error = await compileExpression(text).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).message).toContain(`\`${text}\``);
  },
);

test('distinguishes plain paths from other expressions', () => {
  expect(plainPath('a.b')).toEqual(['a', 'b']);
  expect(plainPath('"a.b".c')).toEqual(['a.b', 'c']);
  expect(plainPath('@')).toEqual([]);
  for (const text of ['a-b', 'a[0]', 'a.*', 'a | b', 'length(@)', '1a', 'a.']) expect(plainPath(text)).toBeUndefined();
});

test('never loads the library for a plain path', () => {
  const script = `
    import { registerHooks } from 'node:module';
    registerHooks({ resolve(name, context, next) { if (name.includes('jmespath-community')) console.log('loaded'); return next(name, context); } });
    const { compileExpression } = await import('./src/expression.ts');
    await compileExpression(process.argv[1]);`;
  const loads = (text: string) =>
    spawnSync(process.execPath, ['--input-type=module', '-e', script, text], { encoding: 'utf8' }).stdout.trim();
  expect(loads('a.b."c-d"')).toBe('');
  expect(loads('a[0]')).toBe('loaded');
});

test('encode makes a text safe for a URL', async () => {
  const encode = await compileExpression("join('/', ['https://a.example', encode(text), encode(n)])");
  expect(encode({ text: 'a b/ü?&=(1)', n: 12345678901234567890n })).toBe(
    'https://a.example/a%20b%2F%C3%BC%3F%26%3D%281%29/12345678901234567890',
  );
});

test.each([[null], [[]], [{}]])('encode of %j is an error of the record', async (text) => {
  const encode = await compileExpression('encode(text)');
  expect(() => encode({ text })).toThrow('Invalid type: encode() takes a text or a number');
});

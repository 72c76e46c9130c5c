import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasLongDigits, parseJson } from '../src/json.ts';

test.each([
  ['9007199254740991', 9007199254740991],
  ['9007199254740993', 9007199254740993n],
  ['-9007199254740993', -9007199254740993n],
  ['12345678901234567890123', 12345678901234567890123n],
  ['1e20', 1e20],
  ['100000000000000000.5', Number('100000000000000000.5')],
  ['0.1234567890123456789', Number('0.1234567890123456789')],
  ['"12345678901234567890"', '12345678901234567890'],
  ['-0', -0],
])('reads %s exactly', (text, value) => {
  expect(parseJson(text)).toBe(value);
});

test('keeps everything else as it is beside a long integer', () => {
  const text = '{"id": 12345678901234567, "list": [1, null, true, "\\ud800"], "__proto__": {"a": 1}, "": ""}';
  const parsed = parseJson(text) as object;
  expect(Object.entries(parsed)).toEqual([
    ['id', 12345678901234567n],
    ['list', [1, null, true, '\ud800']],
    ['__proto__', { a: 1 }],
    ['', ''],
  ]);
  expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
});

test('throws the SyntaxError of JSON.parse', () => {
  expect(() => parseJson('{"a": 12345678901234567')).toThrow(SyntaxError);
  expect(() => parseJson('')).toThrow(SyntaxError);
});

test('sees a run of 16 digits wherever it begins', () => {
  for (let before = 0; before < 40; before += 1) {
    expect(hasLongDigits(`${' '.repeat(before)}${'7'.repeat(16)} `)).toBe(true);
    expect(hasLongDigits(`${' '.repeat(before)}${'7'.repeat(15)} ${'7'.repeat(15)}`)).toBe(false);
  }
});

test('reads every document as if each number of it were read by itself', () => {
  const number = fc
    .tuple(fc.constantFrom('', '-'), fc.stringMatching(/^([1-9]\d{0,24}|0|9{310})(\.\d{1,20})?(e[+-]?\d{1,3})?$/))
    .map((parts) => parts.join(''));
  const exact = (text: string) =>
    /^-?\d+$/.test(text) && !Number.isSafeInteger(Number(text)) ? BigInt(text) : Number(text);
  const leaf = fc.oneof(
    number.map((text) => ({ text, value: exact(text) as unknown })),
    fc
      .oneof(fc.string(), fc.stringMatching(/^\d{10,30}$/))
      .map((value) => ({ text: JSON.stringify(value), value: value as unknown })),
    fc.constantFrom(null, true).map((value) => ({ text: `${value}`, value: value as unknown })),
  );
  const { document } = fc.letrec<{ document: { text: string; value: unknown } }>((tie) => ({
    document: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('document')).map((items) => ({
        text: `[${items.map(({ text }) => text).join(', ')}]`,
        value: items.map(({ value }) => value),
      })),
      fc.dictionary(fc.stringMatching(/^[a-z]\d{0,20}$/), tie('document')).map((members) => ({
        text: `{${Object.entries(members)
          .map(([name, { text }]) => `"${name}":${text}`)
          .join()}}`,
        value: Object.fromEntries(Object.entries(members).map(([name, { value }]) => [name, value])),
      })),
    ),
  }));
  fc.assert(
    fc.property(document, ({ text, value }) => {
      expect(parseJson(text)).toEqual(value);
    }),
    { numRuns: 2000 },
  );
});

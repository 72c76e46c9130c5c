import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson } from '../src/json.ts';
import { canonicalJson, isWrittenAlike, keyOf, sortedJson } from '../src/record.ts';

describe('a key', () => {
  test('of one field is its text', () => {
    expect([keyOf(['a']), keyOf([7]), keyOf([true]), keyOf([2n ** 60n])]).toEqual([
      'a',
      '7',
      'true',
      String(2n ** 60n),
    ]);
  });

  test('of several fields is the JSON array of their texts', () => {
    expect(keyOf(['eu', 7])).toBe('["eu","7"]');
  });

  test('of several fields is another one for every other list of fields', () => {
    const fields = fc.array(fc.string({ unit: 'binary' }), { minLength: 2, maxLength: 3 });
    fc.assert(
      fc.property(fields, fields, (a, b) => {
        expect(keyOf(a) === keyOf(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });
});

describe('canonical JSON', () => {
  test('does not depend on the order of members, at any depth', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1}]}');
  });

  test('leaves out members that are not there, and keeps the places of elements', () => {
    expect(canonicalJson({ a: undefined, b: [undefined, 1] })).toBe('{"b":[null,1]}');
  });

  test('writes integers past 2^53 with all their digits, at any depth', () => {
    expect(canonicalJson({ n: [{ m: 9007199254740993n }] })).toBe('{"n":[{"m":9007199254740993}]}');
  });

  test('writes whole numbers without an exponent, in one form however they came', () => {
    for (const text of ['1e21', '-1.5e300', '1e20', '123456789e15']) {
      const written = canonicalJson(JSON.parse(text));
      expect(written).toMatch(/^-?\d+$/);
      expect(canonicalJson(parseJson(written))).toBe(written);
      expect(Number(written)).toBe(Number(text));
    }
  });

  test('keeps a member that is named __proto__', () => {
    expect(canonicalJson(JSON.parse('{"__proto__":{"x":1}}'))).toBe('{"__proto__":{"x":1}}');
  });

  test('says the same as JSON, and again the same of what it says', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  test('is the same written at once and member by member, whatever the order of the members', () => {
    const name = fc.oneof(
      fc.constantFrom('a', 'b', 'B', '10', '9', '1', '-1', '__proto__', 'toJSON', 'é', ''),
      fc.string(),
    );
    const leaf = fc.oneof(
      fc.constantFrom(null, true, 0, -0, 1e21, 1e20, 2 ** 60, Number.NaN, 5n, 2n ** 64n, undefined, '\ud800'),
      fc.double(),
      fc.string({ unit: 'binary' }),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('value')), tie('object')),
      object: fc
        .array(fc.tuple(name, tie('value')))
        .map((members) => Object.fromEntries(members))
        .map((object) => Object.assign(Object.create(null), object)),
    }));
    let alike = 0;
    fc.assert(
      fc.property(value, fc.boolean(), (made, isPlain) => {
        const given = isPlain && typeof made === 'object' ? structuredClone(made) : made;
        expect(canonicalJson(given)).toBe(sortedJson(given));
        if (isWrittenAlike(given)) alike += 1;
      }),
      { numRuns: 3000 },
    );
    expect(alike).toBeGreaterThan(100);
  });

  test('of what is not a plain object has its members, as that of a plain one', () => {
    for (const value of [
      new Date(0),
      new Map([[1, 2]]),
      Object.assign(Object.create({ b: 1 }), { a: 1 }),
      { toJSON: () => 1 },
    ])
      expect(canonicalJson(value)).toBe(sortedJson(value));
  });
});

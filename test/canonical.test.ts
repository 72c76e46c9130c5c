import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  calculatedDate,
  calculatedDecimal,
  calculatedTimestamp,
  canonicalDate,
  canonicalDecimal,
  canonicalTimestamp,
} from '../src/canonical.ts';

describe('a decimal number', () => {
  test.each([
    ['1.50', '1.5'],
    ['1.', '1'],
    ['.5', '0.5'],
    ['+007.10', '7.1'],
    ['-0', '0'],
    ['-0.00', '0'],
    ['1e3', '1000'],
    ['1.25E-3', '0.00125'],
    ['0e400', '0'],
    ['100', '100'],
    ['12345678901234567890.123456789012345678', '12345678901234567890.123456789012345678'],
  ])('%s is %s', (text, expected) => {
    expect(canonicalDecimal(text)).toBe(expected);
  });

  test.each([
    '',
    '.',
    '-',
    'e3',
    '1e',
    '1,5',
    '1 000',
    '0x1',
    'NaN',
    'Infinity',
    '1e9999',
    '1e99999',
    '１',
    ' 1',
    '1\n',
  ])('%j is none', (text) => {
    expect(canonicalDecimal(text)).toBeUndefined();
  });

  test('has one form, whatever zeros, signs and exponents it was written with, and loses no digit', () => {
    const digits = fc.stringMatching(/^\d{1,30}$/);
    fc.assert(
      fc.property(
        digits,
        digits,
        fc.integer({ min: -40, max: 40 }),
        fc.boolean(),
        (whole, fraction, shift, isNegative) => {
          const sign = isNegative ? '-' : '';
          const form = canonicalDecimal(`${sign}${whole}.${fraction}`) ?? '';
          const digitsOf = `${whole}${fraction}`;
          const shifted = `${sign}${digitsOf}e${-fraction.length - shift}`;
          expect(canonicalDecimal(`${canonicalDecimal(shifted)}e${shift}`)).toBe(form);
          expect(canonicalDecimal(form)).toBe(form);
          expect(form).toMatch(/^(0|-?[1-9]\d*|-?(0|[1-9]\d*)\.\d*[1-9])$/);
          const [before = '', after = ''] = form.replace('-', '').split('.');
          expect(BigInt(before + after.padEnd(30, '0'))).toBe(BigInt(whole + fraction.padEnd(30, '0')));
        },
      ),
    );
  });
});

test.each([
  ['2026-01-02', '2026-01-02'],
  ['2024-02-29', '2024-02-29'],
  ['1900-02-29', undefined],
  ['2000-02-29', '2000-02-29'],
  ['2026-02-29', undefined],
  ['2026-13-01', undefined],
  ['2026-00-10', undefined],
  ['0000-01-01', undefined],
  ['2026-1-2', undefined],
  ['2026-01-02T00:00:00Z', undefined],
  ['02.01.2026', undefined],
  ['', undefined],
])('the date %j is %j', (text, expected) => {
  expect(canonicalDate(text)).toBe(expected);
});

describe('a time', () => {
  test.each([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'],
    ['2026-01-02t03:04:05z', '2026-01-02T03:04:05Z'],
    ['2026-01-02 03:04:05+00', '2026-01-02T03:04:05Z'],
    ['2026-01-02T05:04:05.500+02:00', '2026-01-02T03:04:05.5Z'],
    ['2026-01-01T22:34:05-0430', '2026-01-02T03:04:05Z'],
    ['2026-01-02T03:04:05.123456789Z', '2026-01-02T03:04:05.123456Z'],
    ['2026-01-02T03:04', '2026-01-02T03:04:00Z'],
    ['2026-01-02 03:04:05', '2026-01-02T03:04:05Z'],
    ['2026-12-31T23:59:60Z', '2027-01-01T00:00:00Z'],
    ['0099-01-01T00:00:00Z', '0099-01-01T00:00:00Z'],
    ['2026-01-02T23:30:00-01:00', '2026-01-03T00:30:00Z'],
  ])('%s is %s', (text, expected) => {
    expect(canonicalTimestamp(text)).toBe(expected);
  });

  test.each([
    ...['', 'soon', '2026-01-02', '2026-02-30T00:00:00Z', '2026-01-02T24:00:00Z', '2026-01-02T03:60:00Z'],
    ...['1767323045', '9999-12-31T23:59:59-01:00', '0001-01-01T00:00:00+01:00', 'Fri, 02 Jan 2026 03:04:05 GMT'],
  ])('%j is none', (text) => {
    expect(canonicalTimestamp(text)).toBeUndefined();
  });

  test('has one form for one moment, wherever it was written', () => {
    const moment = fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true });
    fc.assert(
      fc.property(moment, fc.integer({ min: -14 * 60, max: 14 * 60 }), (at, offset) => {
        const local = new Date(at.getTime() + offset * 60_000).toISOString().slice(0, -1);
        const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
        const zone = `${offset < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
        const form = canonicalTimestamp(local + zone) ?? '';
        expect(new Date(form).getTime()).toBe(at.getTime());
        expect(canonicalTimestamp(form)).toBe(form);
        expect(canonicalTimestamp(at.toISOString())).toBe(form);
      }),
    );
  });
});

describe('what is canonical already is recognised, and everything else is calculated, with one result', () => {
  const two = (most: number) => fc.integer({ min: 0, max: most }).map((number) => String(number).padStart(2, '0'));
  const year = fc.oneof(fc.constantFrom('0000', '0001', '1900', '2000', '2024', '9999'), fc.stringMatching(/^\d{4}$/));
  const day = fc.tuple(year, two(13), two(32)).map((parts) => parts.join('-'));
  const fraction = fc.oneof(
    fc.constant(''),
    fc.stringMatching(/^[.,]\d{0,8}$/),
    fc.constantFrom('.0', '.10', '.000000'),
  );
  const zone = fc.constantFrom(
    '',
    'Z',
    'z',
    ' Z',
    '+00',
    '+0000',
    '+00:00',
    '-00',
    '-00:00',
    '+01',
    '+00:30',
    '-0430',
    '+00:00:00',
  );
  const time = fc
    .tuple(
      day,
      fc.constantFrom('T', 't', ' ', '  '),
      two(24),
      two(60),
      fc.option(two(61), { nil: null }),
      fraction,
      zone,
    )
    .map(([on, between, hour, minute, second, rest, at]) => {
      const seconds = second === null ? '' : `:${second}${rest}`;
      return `${on}${between}${hour}:${minute}${seconds}${at}`;
    });
  const numeral = fc
    .tuple(fc.stringMatching(/^[+-]?0{0,2}\d{0,34}$/), fc.stringMatching(/^(\.\d{0,34}0{0,2})?(e[+-]?\d{1,2})?$/))
    .map((parts) => parts.join(''));
  const broken = (texts: fc.Arbitrary<string>) =>
    fc.oneof(
      texts,
      fc.tuple(texts, fc.nat(40), fc.constantFrom('', '0', '9', '\n', 'x', '\u0661')).map(([text, at, by]) => {
        return text.slice(0, at) + by + text.slice(at + 1);
      }),
    );

  test.each([
    ['days', broken(day), canonicalDate, calculatedDate],
    ['times', broken(time), canonicalTimestamp, calculatedTimestamp],
    ['decimal numbers', broken(numeral), canonicalDecimal, calculatedDecimal],
  ])('for %s', (_what, texts, canonical, calculated) => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(canonical(text)).toBe(calculated(text));
      }),
      { numRuns: 5000 },
    );
  });
});

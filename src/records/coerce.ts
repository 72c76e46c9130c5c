import { canonicalDate, canonicalDecimal, canonicalTimestamp } from '../canonical.ts';
import { shortened } from '../excerpt.ts';
import { parseJson } from '../json.ts';
import { type Column, isWrittenAlike, sortedJson, type Value } from '../record.ts';
import { type PropertySchema, typesOf } from './columns.ts';

/** A value that does not fit the column. `reason` is the rest of a sentence that begins with the field's name. */
export class Unfit {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Converts one field into the form of its column. Absent means null. Text that spells a value of the type is that value. */
export type Coerce = (found: unknown) => Value | Unfit;

export function coercionFor(column: Column, property: PropertySchema): Coerce {
  const coerce = coercions[column.kind](typesOf(property));
  return (found) => (found === null || found === undefined ? null : coerce(found));
}

const coercions: Record<Column['kind'], (types: readonly string[]) => (found: unknown) => Value | Unfit> = {
  text: () => toText,
  integer: () => toInteger,
  real: () => toReal,
  decimal: () => toDecimal,
  boolean: () => toBoolean,
  date: () => written(canonicalDate, 'a date (YYYY-MM-DD)'),
  timestamp: () => written(canonicalTimestamp, 'a time (RFC 3339)'),
  json: (types) => (found) => toJson(found, types),
};

function toText(found: unknown): Value | Unfit {
  if (typeof found === 'string') return storable(found);
  if (typeof found === 'boolean' || typeof found === 'bigint' || Number.isFinite(found)) return String(found);
  return unfit('a string', found);
}

/** Databases cannot keep a NUL in text, and UTF-8 cannot encode a lone surrogate: both would be read back as something else. */
function storable(text: string): Value | Unfit {
  if (text.includes('\0')) return new Unfit('has a NUL character, which databases cannot keep');
  return text.isWellFormed() ? text : new Unfit('has half a surrogate pair, which UTF-8 cannot encode');
}

function toInteger(found: unknown): Value | Unfit {
  if (typeof found === 'number') {
    if (!Number.isInteger(found)) return unfit('an integer', found);
    return Number.isSafeInteger(found)
      ? found + 0
      : new Unfit(`is ${found}, an integer that has lost digits on the way`);
  }
  if (typeof found === 'bigint') return narrow(found);
  if (typeof found === 'string' && /^[+-]?\d{1,30}$/.test(found)) return narrow(BigInt(found.replace('+', '')));
  return unfit('an integer', found);
}

function narrow(big: bigint): Value | Unfit {
  const number = Number(big);
  if (Number.isSafeInteger(number)) return number;
  return BigInt.asIntN(64, big) === big ? big : new Unfit(`is ${big}, more than 64 bits can hold`);
}

/** Linear: after the digits, only one branch can go on. */
const numeral = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const longestNumeral = 1000;

function toReal(found: unknown): Value | Unfit {
  const isSpelt = typeof found === 'bigint' || (typeof found === 'string' && isNumeral(found));
  const number = isSpelt ? Number(found) : found;
  return typeof number === 'number' && Number.isFinite(number) ? number + 0 : unfit('a number', found);
}

function isNumeral(text: string): boolean {
  return text.length <= longestNumeral && numeral.test(text);
}

/** A JSON number has the digits that a double can keep; a text has all of its digits. */
function toDecimal(found: unknown): Value | Unfit {
  const isSpelt = typeof found === 'string' || typeof found === 'bigint' || Number.isFinite(found);
  return (isSpelt ? canonicalDecimal(String(found)) : undefined) ?? unfit('a decimal number', found);
}

/** For kinds that arrive as text and have one canonical form. */
function written(canonical: (text: string) => string | undefined, expected: string): Coerce {
  return (found) => (typeof found === 'string' ? canonical(found) : undefined) ?? unfit(expected, found);
}

function toBoolean(found: unknown): Value | Unfit {
  if (typeof found === 'boolean') return found;
  if (found === 1 || found === '1' || found === 'true') return true;
  if (found === 0 || found === '0' || found === 'false') return false;
  return unfit('a boolean', found);
}

function toJson(found: unknown, types: readonly string[]): Value | Unfit {
  const value = typeof found === 'string' && !types.includes('string') ? parsed(found) : found;
  if (value === null) return null;
  const type = Array.isArray(value) ? 'array' : typeof value === 'bigint' ? 'integer' : typeof value;
  const fits = types.includes(type) || (type === 'integer' && types.includes('number')) || isWhole(value, types);
  if (!fits) return unfit(types.join(' or '), found);
  if (isWrittenAlike(value)) return JSON.stringify(value);
  return isEndless(value) ? new Unfit('has a number that is too large') : sortedJson(value);
}

/** JSON can spell a number that is too large for a double, such as 1e400. */
function isEndless(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(isEndless);
  return typeof value === 'number' && !Number.isFinite(value);
}

function isWhole(value: unknown, types: readonly string[]): boolean {
  return types.includes('integer') && Number.isSafeInteger(value);
}

/** A CSV field or a form value can only hold an array or an object as its JSON text. */
function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

function unfit(expected: string, found: unknown): Unfit {
  const form = typeof found === 'number' || typeof found === 'bigint' ? String(found) : jsonOf(found);
  return new Unfit(`is ${shortened(form, 60)}, not ${expected}`);
}

function jsonOf(found: unknown): string {
  return JSON.stringify(found, (_, value) => (typeof value === 'bigint' ? `${value}` : value)) ?? typeof found;
}

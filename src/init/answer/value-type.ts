import { canonicalDate, canonicalDecimal, canonicalTimestamp } from '../../canonical.ts';
import type { FieldType } from '../draft.ts';
import { isMembers } from '../json-places.ts';
import { wordsOf } from '../names.ts';

/** What the values of a field have in common; null if nothing, because a column cannot hold both. */
export function typeOfValues(name: string, values: readonly unknown[]): FieldType | null {
  const given = values.filter((value) => value !== null && value !== undefined);
  if (given.length === 0) return null;
  if (given.every((value) => typeof value === 'boolean')) return 'boolean';
  if (given.every(isNumeric)) return numberType(name, given);
  if (given.every((value) => typeof value === 'string')) return textType(name, given);
  if (given.every(Array.isArray)) return 'array';
  if (given.every(isMembers)) return 'object';
  return given.some((value) => typeof value === 'object') ? null : 'string';
}

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** Words of amounts and measures, which are whole by chance only. */
const measures = new Set([
  ...['price', 'amount', 'cost', 'fee', 'rate', 'ratio', 'score', 'rating', 'weight', 'height', 'width', 'length'],
  ...[
    'latitude',
    'longitude',
    'lat',
    'lng',
    'lon',
    'balance',
    'tax',
    'discount',
    'percent',
    'percentage',
    'temperature',
  ],
]);

const largestInteger = 2n ** 63n - 1n;

function numberType(name: string, values: readonly (number | bigint)[]): FieldType {
  const isWhole = (value: number | bigint) => typeof value === 'bigint' || Number.isSafeInteger(value);
  if (!values.every(isWhole)) return 'number';
  if (values.some((value) => BigInt(value) > largestInteger || BigInt(value) < -largestInteger)) return 'string';
  return wordsOf(name).some((word) => measures.has(word)) ? 'number' : 'integer';
}

function textType(name: string, all: readonly string[]): FieldType {
  const texts = all.filter((text) => text !== '');
  if (texts.length === 0) return 'string';
  if (texts.every((text) => canonicalDate(text) !== undefined)) return 'date';
  if (texts.every((text) => text.includes(':') && canonicalTimestamp(text) !== undefined)) return 'date-time';
  return texts.every(isDecimalText) && !/version|release|code|number|phone|zip|postal/i.test(name)
    ? 'decimal'
    : 'string';
}

/** A decimal as prices are written: `12.50`, never `1.10.2`, `007` or `12`. */
function isDecimalText(text: string): boolean {
  return /^-?(0|[1-9]\d{0,30})\.\d{1,18}$/.test(text) && canonicalDecimal(text) !== undefined;
}

/** How a time is written as a number; null if it is not a time. */
export function epochOf(name: string, values: readonly unknown[]): 'seconds' | 'milliseconds' | null {
  const isNamedSo = wordsOf(name).some((word) =>
    /^(at|on|time|date|timestamp|ts|created|updated|modified|changed)$/.test(word),
  );
  const given = values.filter((value) => value !== null && value !== undefined);
  if (!isNamedSo || given.length === 0 || !given.every((value) => typeof value === 'number')) return null;
  const isBetween = (unit: number) =>
    given.every((value) => value > 946_684_800 * unit && value < 4_102_444_800 * unit);
  if (isBetween(1)) return 'seconds';
  return isBetween(1000) ? 'milliseconds' : null;
}

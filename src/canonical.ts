/** The most digits of a decimal. No price needs more, and an exponent must not produce a gigabyte of zeros. */
const mostDigits = 1000;

const decimal = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,4}))?$/i;

/**
 * A decimal number as text in its one form: without exponent, redundant zeros and plus sign, and never -0. Nothing is
 * rounded. Undefined if it is not a decimal number.
 */
export function canonicalDecimal(text: string): string | undefined {
  const [matched, sign = '', whole = '', fraction = '', exponent = '0'] = decimal.exec(text) ?? [];
  if (matched === undefined || (whole === '' && fraction === '')) return undefined;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (digits.length + Math.abs(point) > mostDigits) return undefined; // It also bounds the expressions below.
  const shifted = point < 0 ? `${'0'.repeat(-point)}${digits}` : digits.padEnd(point, '0');
  const at = Math.max(point, 0);
  const before = shifted.slice(0, at).replace(/^0+(?=\d)/, '') || '0';
  const after = shifted.slice(at).replace(/0+$/, '');
  const number = after === '' ? before : `${before}.${after}`;
  return sign === '-' && number !== '0' ? `-${number}` : number;
}

/** A day of the calendar as `YYYY-MM-DD`; undefined if there is no such day. */
export function canonicalDate(text: string): string | undefined {
  const [matched, ...parts] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  const [year = 0, month = 0, day = 0] = parts.map(Number);
  return matched !== undefined && isDay(year, month, day) ? matched : undefined;
}

const timestamp =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s?(Z|[+-]\d\d(?::?\d\d)?(?::\d\d)?)?$/i;

/**
 * A time (RFC 3339, or the shorter forms that databases write) in UTC, as `2026-01-02T03:04:05.678Z`. It is exact to the
 * microsecond, as in a database, and has no redundant zeros. A time without a zone is taken as UTC.
 */
export function canonicalTimestamp(text: string): string | undefined {
  const [matched, ...found] = timestamp.exec(text) ?? [];
  if (matched === undefined) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(0, 6)
    .map((part) => Number(part ?? 0));
  const isTime = hour < 24 && minute < 60 && second <= 60;
  if (!isDay(year, month, day) || !isTime) return undefined;
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  at.setUTCHours(hour, minute, second - offsetSeconds(found[7] ?? 'Z'));
  const { length } = at.toISOString();
  if (at.getUTCFullYear() < 1 || length !== '2026-01-02T03:04:05.678Z'.length) return undefined;
  const fraction = (found[6] ?? '').slice(0, 6).replace(/0+$/, '');
  return `${at.toISOString().slice(0, 19)}${fraction === '' ? '' : `.${fraction}`}Z`;
}

function offsetSeconds(zone: string): number {
  if (/^z$/i.test(zone)) return 0;
  const [hours = 0, minutes = 0, seconds = 0] = (zone.slice(1).match(/\d\d/g) ?? []).map(Number);
  return (zone.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds);
}

function isDay(year: number, month: number, day: number): boolean {
  return (
    year > 0 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()
  );
}

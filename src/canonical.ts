/** The most digits of a decimal. No price needs more, and an exponent must not produce a gigabyte of zeros. */
const mostDigits = 1000;

const decimal = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,4}))?$/i;

/** What most third parties and every database write. */
const canonicalNumeral = /^(?:0|-?(?:[1-9]\d{0,30}(?:\.\d{0,30}[1-9])?|0\.\d{0,30}[1-9]))$/;

/**
 * A decimal number as text in its one form: without exponent, redundant zeros and plus sign, and never -0. Nothing is
 * rounded. Undefined if it is not a decimal number.
 */
export function canonicalDecimal(text: string): string | undefined {
  return canonicalNumeral.test(text) ? text : calculatedDecimal(text);
}

/** The same digit by digit, for every form. */
export function calculatedDecimal(text: string): string | undefined {
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

/** A day that every year but the year 0 has. */
const commonDay =
  '(?!0000)\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))';
const onCommonDay = new RegExp(`^${commonDay}$`);

/** A day of the calendar as `YYYY-MM-DD`; undefined if there is no such day. */
export function canonicalDate(text: string): string | undefined {
  return onCommonDay.test(text) ? text : calculatedDate(text);
}

/** The same by the calendar, for every day. */
export function calculatedDate(text: string): string | undefined {
  const [matched, ...parts] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  const [year = 0, month = 0, day = 0] = parts.map(Number);
  return matched !== undefined && isDay(year, month, day) ? matched : undefined;
}

const timeOfDay = '(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d';
const canonicalTime = new RegExp(`^${commonDay}T${timeOfDay}(?:\\.\\d{0,5}[1-9])?Z$`);
const timeInUtc = new RegExp(`^(${commonDay})[T ](${timeOfDay})(?:\\.(\\d+))?(?:Z|[+]00(?::?00)?)?$`);

const timestamp =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s?(Z|[+-]\d\d(?::?\d\d)?(?::\d\d)?)?$/i;

/**
 * A time (RFC 3339, or the shorter forms that databases write) in UTC, as `2026-01-02T03:04:05.678Z`. It is exact to the
 * microsecond, as in a database, and has no redundant zeros. A time without a zone is taken as UTC.
 */
export function canonicalTimestamp(text: string): string | undefined {
  if (canonicalTime.test(text)) return text;
  const [matched, day = '', time = '', fraction = ''] = timeInUtc.exec(text) ?? [];
  return matched === undefined ? calculatedTimestamp(text) : `${day}T${time}${withFraction(fraction)}Z`;
}

/** The same by the calendar, for every form. It takes some ten times as long. */
export function calculatedTimestamp(text: string): string | undefined {
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
  return `${at.toISOString().slice(0, 19)}${withFraction(found[6] ?? '')}Z`;
}

function withFraction(digits: string): string {
  const fraction = digits.slice(0, 6).replace(/0+$/, '');
  return fraction === '' ? '' : `.${fraction}`;
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

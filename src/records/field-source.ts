import { canonicalTimestamp } from '../canonical.ts';
import { compileDatePattern } from '../date-pattern.ts';
import { shortened } from '../excerpt.ts';
import { compileExpression, type Expression } from '../expression.ts';
import type { ColumnKind } from '../record.ts';

/** Where a third party has a field: JMESPath, or that with how the value is written. */
export type FieldSource = string | WrittenSource;

export interface WrittenSource {
  readonly from: string;
  /** `unix` and `unix-ms` are numbers since 1970; `date:DD.MM.YYYY` is a date by a pattern. */
  readonly format?: string | undefined;
  /** An empty text is null. */
  readonly emptyIsNull?: boolean | undefined;
}

export function expressionIn(source: FieldSource): string {
  return typeof source === 'string' ? source : source.from;
}

/** What becomes of a value that an expression has found, before it is coerced. Throws an `Error` that names the value. */
export type Convert = (found: unknown) => unknown;

/** Compiles what reads one field, without its coercion. */
export async function compileSource(source: FieldSource, kind: ColumnKind, emptyIsNull: boolean): Promise<Expression> {
  const read = await compileExpression(expressionIn(source));
  const convert = conversionOf(source, kind, emptyIsNull);
  return convert === null ? read : (document) => convert(read(document));
}

/** Null if the value stays as it is. */
export function conversionOf(source: FieldSource, kind: ColumnKind, emptyIsNull: boolean): Convert | null {
  const { format, emptyIsNull: own = emptyIsNull } = typeof source === 'string' ? {} : source;
  const written = format === undefined ? null : formatted(format, kind);
  if (!own) return written && ((found) => (isNothing(found) ? null : written(found)));
  return (found) => (isNothing(found) || found === '' ? null : written ? written(found) : found);
}

function formatted(format: string, kind: ColumnKind): Convert {
  const read = format.startsWith('date:') ? datesOf(format.slice('date:'.length)) : epochsOf(format);
  return kind === 'date' ? (found) => read(found).slice(0, '2026-01-02'.length) : timed(read, kind);
}

/** A day as a time is its midnight. */
function timed(read: (found: unknown) => string, kind: ColumnKind): Convert {
  if (kind !== 'timestamp') return read;
  return (found) => {
    const iso = read(found);
    return iso.includes('T') ? iso : `${iso}T00:00:00Z`;
  };
}

function datesOf(pattern: string): (found: unknown) => string {
  const read = compileDatePattern(pattern);
  return (found) => {
    const iso = typeof found === 'string' ? read?.(found) : undefined;
    if (iso === undefined || !isInCalendar(iso)) throw new Error(`${quoted(found)} is not a date as ${pattern}`);
    return iso;
  };
}

function isInCalendar(iso: string): boolean {
  const at = new Date(iso.includes('T') ? iso : `${iso}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(iso.slice(0, '2026-01-02'.length));
}

const seconds = { name: 'seconds', perSecond: 1, other: 'unix-ms', otherPerSecond: 1000 } as const;
const milliseconds = { name: 'milliseconds', perSecond: 1000, other: 'unix', otherPerSecond: 1 } as const;

/** The years 1900 to 2199: a number outside them is counted in the other unit, or not since 1970. */
const first = Date.UTC(1900, 0, 1) / 1000;
const last = Date.UTC(2200, 0, 1) / 1000;

function epochsOf(format: string): (found: unknown) => string {
  const unit = format === 'unix' ? seconds : milliseconds;
  return (found) => {
    const count = countOf(found) / unit.perSecond;
    if (count >= first && count < last) return isoOf(count);
    const isOther = isBetween(countOf(found) / unit.otherPerSecond);
    const advice = isOther ? `; "${unit.other}" would read it` : '';
    throw new Error(`${quoted(found)} is not a time in ${unit.name} since 1970 (1900 to 2199)${advice}`);
  };
}

function isBetween(count: number): boolean {
  return count >= first && count < last;
}

function countOf(found: unknown): number {
  if (typeof found === 'number' || typeof found === 'bigint') return Number(found);
  return typeof found === 'string' && /^-?\d{1,15}(\.\d{1,9})?$/.test(found) ? Number(found) : Number.NaN;
}

/** To the microsecond, which a double still holds. */
function isoOf(count: number): string {
  const micros = Math.round((count - Math.floor(count)) * 1e6);
  const whole = new Date(Math.floor(count) * 1000 + (micros === 1e6 ? 1000 : 0)).toISOString().slice(0, 19);
  const iso = `${whole}.${String(micros % 1e6).padStart(6, '0')}Z`;
  return canonicalTimestamp(iso) ?? iso;
}

function isNothing(found: unknown): found is null | undefined {
  return found === null || found === undefined;
}

function quoted(found: unknown): string {
  const text = typeof found === 'bigint' ? String(found) : (JSON.stringify(found) ?? typeof found);
  return shortened(text, 60);
}

import type { FieldDraft, FieldType, LeftOut } from '../draft.ts';
import { isMembers, isScalar, lastName, type Members, memberPath } from '../json-places.ts';
import { looksSecret } from '../secret-fields.ts';
import { ColumnNames } from './column-names.ts';
import { epochOf, typeOfValues } from './value-type.ts';

/** A field, with its value in each record: null where a record does not have it. */
export interface FieldFound extends FieldDraft {
  readonly values: readonly unknown[];
}

export interface FieldsFound {
  readonly fields: readonly FieldFound[];
  readonly leftOut: readonly LeftOut[];
}

export interface FieldOptions {
  /** The paths of fields that are kept although they look like secrets. */
  readonly include?: readonly string[];
}

/**
 * The fields of records, in the order in which they first come. An object in which every record has a few plain values becomes
 * a column for each of them; any other object, and every list, is one column of JSON.
 */
export function fieldsOf(records: readonly unknown[], { include = [] }: FieldOptions = {}): FieldsFound {
  const fields: FieldFound[] = [];
  const leftOut: LeftOut[] = [];
  const names = new ColumnNames();

  const add = (name: string, path: string, values: readonly unknown[]): void => {
    const why = whyNot(name, path, values, include);
    const type = typeOfValues(name, values);
    const column = why === null && type !== null ? names.take(name) : null;
    if (column === null || type === null) {
      leftOut.push({ what: path, why: why ?? 'a column cannot have its name' });
      return;
    }
    fields.push({ name: column, path, ...writtenAs(name, type, values), values });
  };
  const walk = (rows: readonly unknown[], path: string, prefix: string, depth: number): void => {
    for (const name of namesIn(rows)) {
      const values = rows.map((row) => ownMember(row, name));
      const inner = memberPath(path, name);
      const column = prefix === '' ? name : `${prefix}_${name}`;
      if (isWrapper(name, values) && depth < 2) walk(values, inner, prefix, depth + 1);
      else if (isFlat(values) && depth < 2) walk(values, inner, column, depth + 1);
      else add(column, inner, values);
    }
  };
  if (records.length > 0 && records.every((record) => !isMembers(record))) add('name', '@', records);
  else walk(records, '', '', 0);
  return { fields, leftOut };
}

/** A time that comes as a number is kept as a time, and where there are dates an empty text means null. */
function writtenAs(name: string, type: FieldType, values: readonly unknown[]) {
  const isNullable = values.some((value) => value === null);
  const epoch = type === 'integer' ? epochOf(name, values) : null;
  if (epoch !== null)
    return { type: 'date-time', isNullable, format: epoch === 'seconds' ? 'unix' : 'unix-ms' } as const;
  const isEmptySome = type !== 'string' && values.includes('');
  return isEmptySome ? ({ type, isNullable: true, emptyIsNull: true } as const) : { type, isNullable };
}

function whyNot(name: string, path: string, values: readonly unknown[], include: readonly string[]): string | null {
  if (values.every((value) => value === null)) return 'it is null in every record, so its type is not known';
  if (looksSecret(lastName(path), values) && !include.includes(path))
    return 'it looks like a secret; --include keeps it';
  return typeOfValues(name, values) === null ? 'its values have different types, and no column holds both' : null;
}

function namesIn(rows: readonly unknown[]): readonly string[] {
  return [...new Set(rows.flatMap((row) => (isMembers(row) ? Object.keys(row) : [])))];
}

function ownMember(row: unknown, name: string): unknown {
  return isMembers(row) && Object.hasOwn(row, name) ? (row[name] ?? null) : null;
}

/** What some APIs put around a record: CouchDB `doc`, JSON:API `attributes`, GraphQL `node`. */
const wrappers = new Set(['doc', 'attributes', 'node', 'fields', 'properties', 'record', 'document']);

function isWrapper(name: string, values: readonly unknown[]): boolean {
  return wrappers.has(name) && values.every(isMembers);
}

const mostMembers = 8;

/** Whether every object has the same few plain values. Members that come and go are names of something, not of fields. */
function isFlat(values: readonly unknown[]): boolean {
  const objects = values.filter((value): value is Members => value !== null && isMembers(value));
  if (objects.length === 0 || values.some((value) => value !== null && !isMembers(value))) return false;
  const names = namesIn(objects);
  if (names.length === 0 || names.length > mostMembers) return false;
  const isWhole = (object: Members) => Object.keys(object).length * 2 >= names.length;
  return objects.every((object) => isWhole(object) && Object.values(object).every(isScalar));
}

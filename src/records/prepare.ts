import {
  type Column,
  keyOf,
  type Prepare,
  type Prepared,
  type RawRecord,
  type Rejected,
  type Value,
  type Values,
} from '../record.ts';
import { type Coerce, coercionFor, Unfit } from './coerce.ts';
import { columnsOf, isNullable, type RecordSchema } from './columns.ts';
import { compileSource, expressionIn, type FieldSource } from './field-source.ts';
import { hashOf } from './hash.ts';
import { validatorFor } from './validate.ts';

export interface Mapping {
  readonly schema: RecordSchema;
  readonly key: readonly string[];
  /** Where each field is found. Without a map, every field of the schema is read under its own name. */
  readonly map?: Readonly<Record<string, FieldSource>> | undefined;
  /** An empty text is null, in every field that does not say otherwise. */
  readonly emptyIsNull?: boolean | undefined;
  /** Records are matched by these fields. Then an id that does not fit the key's column is still the third party's name for it. */
  readonly match?: readonly string[] | undefined;
  /** Fields that the system owns once the row is there. */
  readonly writeOnce?: readonly string[] | undefined;
}

interface Field {
  readonly column: Column;
  readonly read: (raw: RawRecord) => unknown;
  readonly coerce: Coerce;
  readonly isRequired: boolean;
  readonly isKey: boolean;
  /** What a third party has in this field of the key need not fit it: it becomes an alias. */
  readonly mayBeForeign: boolean;
}

/** The columns that a mapping fills, in the order of a record's values. */
export function mappedColumns({ schema, map, writeOnce = [] }: Mapping): Column[] {
  const mapped = columnsOf(schema).filter(({ name }) => !map || Object.hasOwn(map, name));
  return mapped.map((column) => (writeOnce.includes(column.name) ? { ...column, isWriteOnce: true } : column));
}

/** Compiles a function that brings one raw record into the system's shape: it maps, coerces, validates and hashes. */
export async function compilePrepare(mapping: Mapping): Promise<Prepare> {
  const fields = await Promise.all(mappedColumns(mapping).map((column) => fieldOf(column, mapping)));
  const keyAt = mapping.key.map((name) => fields.findIndex(({ column }) => column.name === name));
  const validate = await validatorFor(mapping.schema);
  const hash = hashOf(fields.map(({ column }) => column));

  const takesValues = mayBeValues(mapping);
  return (raw) => {
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
      if (!takesValues || raw === null || raw === undefined) return notAnObject(raw);
    }
    const values: Value[] = new Array(fields.length);
    let faults: Faults | undefined;
    for (let at = 0; at < fields.length; at += 1) {
      const field = fields[at] as Field;
      const value = fieldValue(field, raw);
      const reason = faultOf(field, value);
      values[at] = value instanceof Unfit ? null : value;
      if (reason === undefined) continue;
      faults ??= new Faults();
      faults.add(at, reason, field, raw);
    }
    const more = validate ? validate(validated(fields, values)) : none;
    if (more.length > 0) {
      faults ??= new Faults();
      faults.reasons.push(...more);
    }
    if (faults) return faults.record(raw, values, keyAt, hash);
    const key = readKey(keyAt, values);
    return key === null ? { key, reasons: [noKey], raw } : { key, values, hash: hash(values) };
  };
}

const none: readonly string[] = [];
const noKey = 'has no key';

/** What is wrong with a record. A part of its key that does not fit may be the third party's own name for it. */
class Faults {
  readonly reasons: string[] = [];
  readonly #foreign = new Map<number, Value>();
  #noKeyBecause: string | undefined;

  add(at: number, reason: string, { mayBeForeign, read }: Field, raw: RawRecord): void {
    const id = mayBeForeign ? foreignId(read(raw)) : null;
    if (id === null) {
      this.reasons.push(reason);
      return;
    }
    this.#foreign.set(at, id);
    this.#noKeyBecause = reason;
  }

  record(
    raw: RawRecord,
    values: readonly Value[],
    keyAt: readonly number[],
    hash: (values: Values) => string,
  ): Prepared | Rejected {
    const key = readKey(keyAt, this.#noKeyBecause ? values.map((value, at) => this.#foreign.get(at) ?? value) : values);
    if (this.reasons.length > 0) return { key, reasons: this.reasons, raw };
    if (key === null) return { key, reasons: [noKey], raw };
    return { key, values, hash: hash(values), ...(this.#noKeyBecause && { noKeyBecause: this.#noKeyBecause }) };
  }
}

/** Whether the map reads the record itself, as of a list of plain values: `@`, `@[0]` or `[0]`. */
function mayBeValues({ map = {} }: Mapping): boolean {
  return Object.values(map).some((source) => /^\s*[@[]/.test(expressionIn(source)));
}

async function fieldOf(column: Column, { schema, map, emptyIsNull = false, key, match }: Mapping): Promise<Field> {
  const { name } = column;
  const property = schema.properties[name] ?? {};
  const isKey = key.includes(name);
  return {
    column,
    read: map ? await compileSource(map[name] ?? name, column.kind, emptyIsNull) : ownReader(name, emptyIsNull),
    coerce: coercionFor(column, property),
    isRequired: isKey || (schema.required?.includes(name) === true && !isNullable(property)),
    isKey,
    mayBeForeign: isKey && mayBeForeign(name, match),
  };
}

/** A part of the key that is also a match field, such as a tenant, is the system's own. */
export function mayBeForeign(name: string, match: readonly string[] | undefined): boolean {
  return match !== undefined && !match.includes(name);
}

/** An id as its third party writes it; null for what is not an id. */
export function foreignId(found: unknown): string | null {
  const isId = typeof found === 'string' || typeof found === 'number' || typeof found === 'bigint';
  const text = isId ? String(found) : '';
  return text === '' || text.includes('\0') || !text.isWellFormed() ? null : text;
}

function ownReader(name: string, emptyIsNull: boolean): Field['read'] {
  if (!emptyIsNull) return (raw) => ownField(raw, name);
  return (raw) => {
    const found = ownField(raw, name);
    return found === '' ? null : found;
  };
}

function ownField(raw: RawRecord, name: string): unknown {
  return Object.hasOwn(raw as object, name) ? (raw as Record<string, unknown>)[name] : null;
}

function fieldValue({ read, coerce }: Field, raw: RawRecord): Value | Unfit {
  try {
    return coerce(read(raw));
  } catch (error) {
    return new Unfit(`cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

function faultOf({ column, isRequired, isKey }: Field, value: Value | Unfit): string | undefined {
  if (value instanceof Unfit) return `${column.name} ${value.reason}`;
  if (value === null && isRequired) return `${column.name} is missing${isKey ? ', and it is the key' : ''}`;
  return value === '' && isKey ? `${column.name} is empty, and it is the key` : undefined;
}

function readKey(keyAt: readonly number[], values: readonly Value[]): string | null {
  const [only = 0] = keyAt;
  if (keyAt.length === 1) return isThere(values[only] ?? null) ? String(values[only]) : null;
  const parts = keyAt.map((at) => values[at] ?? null);
  return parts.every(isThere) ? keyOf(parts) : null;
}

/** Whether a value may be a part of a key. */
export function isThere(value: Value): boolean {
  return value !== null && value !== '';
}

/** The record as its schema sees it: without absent fields, with JSON columns as arrays and objects, and every number as a number. */
function validated(fields: readonly Field[], values: readonly Value[]): Record<string, unknown> {
  const seen: Record<string, unknown> = Object.create(null);
  for (const [at, { column }] of fields.entries()) {
    const value = values[at] ?? null;
    if (value !== null) seen[column.name] = asValidated(value, column.kind);
  }
  return seen;
}

/** JSON Schema does not know bigints. */
function asValidated(value: Value, kind: Column['kind']): unknown {
  if (kind === 'json') return JSON.parse(String(value));
  return typeof value === 'bigint' ? Number(value) : value;
}

function notAnObject(raw: RawRecord): Rejected {
  const found = raw === null || raw === undefined ? `${raw}` : Array.isArray(raw) ? 'an array' : `a ${typeof raw}`;
  return { key: null, reasons: [`is ${found}, not an object`], raw };
}

import { compileExpression, type Expression, followPath, plainPath } from '../expression.ts';
import type { FieldWatch, PageFields } from '../mapped-fields.ts';
import { nearest } from '../nearest.ts';
import { isRejected, type Prepare, type Prepared, type RawRecord, type Rejected } from '../record.ts';
import { expressionIn } from './field-source.ts';
import { type Mapping, mappedColumns } from './prepare.ts';

interface WatchedField {
  readonly column: string;
  /** Where prepared records have its value. */
  readonly at: number;
  readonly expression: string;
  readonly read: Expression;
}

/** So many records are looked at for the names that exist. */
const looked = 20;

/** Compiles what opens a watch for each page. The key is not watched: a record without one is rejected, and says so. */
export async function compileWatch(mapping: Mapping): Promise<() => FieldWatch> {
  const columns = mappedColumns(mapping).map(({ name }, at) => ({ name, at }));
  const watched = columns.filter(({ name }) => !mapping.key.includes(name));
  const fields = await Promise.all(watched.map(({ name, at }) => fieldOf(name, at, mapping)));
  return () => new Watch(fields);
}

async function fieldOf(column: string, at: number, { map }: Mapping): Promise<WatchedField> {
  const source = map?.[column];
  const expression = source === undefined ? undefined : expressionIn(source);
  const read = expression === undefined ? followPath([column]) : await compileExpression(expression);
  return { column, at, expression: expression ?? column, read };
}

class Watch implements FieldWatch {
  readonly #fields: readonly WatchedField[];
  #missing: readonly WatchedField[];
  readonly #samples: RawRecord[] = [];
  #records = 0;

  constructor(fields: readonly WatchedField[]) {
    this.#fields = fields;
    this.#missing = fields;
  }

  around(prepare: Prepare): Prepare {
    return (raw) => {
      const record = prepare(raw);
      this.#records += 1;
      if (this.#samples.length < looked) this.#samples.push(raw);
      if (this.#missing.length > 0) this.#look(raw, record);
      return record;
    };
  }

  passOver({ count, filled, picked }: Parameters<FieldWatch['passOver']>[0]): void {
    this.#records += count;
    this.#samples.push(...picked.slice(0, looked - this.#samples.length));
    this.#missing = this.#missing.filter(({ at }) => (filled[at] ?? 0) === 0);
  }

  #look(raw: RawRecord, record: Prepared | Rejected): void {
    const missing = this.#missing.filter((field) => !isFilled(field, raw, record));
    if (missing.length < this.#missing.length) this.#missing = missing;
  }

  fields(): PageFields {
    const missing = this.#missing.map(({ column }) => column);
    const found = this.#fields.map(({ column }) => column).filter((column) => !missing.includes(column));
    return { records: this.#records, found, missing };
  }

  describe(column: string, records: number): string {
    const expression = this.#fields.find((field) => field.column === column)?.expression ?? column;
    const meant = this.#nearestTo(expression);
    const guess = meant === undefined ? '' : `; did you mean \`${meant}\`?`;
    return `\`${expression}\`, which fills ${column}, was in none of ${records} records${guess}`;
  }

  /** Of a plain path, with its first name that does not exist corrected. */
  #nearestTo(expression: string): string | undefined {
    const path = plainPath(expression) ?? [];
    for (const [at, name] of path.entries()) {
      const parents = this.#samples.map(followPath(path.slice(0, at)));
      const names = new Set(parents.flatMap((parent) => (isObject(parent) ? Object.keys(parent) : [])));
      if (names.has(name)) continue;
      const meant = nearest(name, names);
      return meant && [...path.slice(0, at), meant, ...path.slice(at + 1)].join('.');
    }
    return undefined;
  }
}

/** A record that was rejected has no values: its field may be there all the same. */
function isFilled({ at, read }: WatchedField, raw: RawRecord, record: Prepared | Rejected): boolean {
  if (!isRejected(record)) return (record.values[at] ?? null) !== null;
  try {
    return (read(raw) ?? null) !== null;
  } catch {
    return true;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

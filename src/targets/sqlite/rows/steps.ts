import type { Found, Step } from '../../../batch.ts';
import type { Change } from '../../../change.ts';
import { digestFields } from '../../../field-digests.ts';
import type { Prepared, Rejected } from '../../../record.ts';
import type { ResourceTable } from '../../../table.ts';
import { EntryBook, type Register } from '../../sql/entry-book.ts';
import { NotEmptyError } from '../../sql/first-loads.ts';
import { refusedRecord } from '../../sql/stored-reject.ts';
import type { Connection } from '../connection/connection.ts';
import { refusalOf } from '../connection/errors.ts';
import { writeEntries } from './entries.ts';
import { saveRegister } from './register.ts';
import { mayRewrite, rowsIn } from './rows.ts';
import { type RowWriter, rowWriter } from './writing.ts';

export interface StepsToWrite {
  readonly table: ResourceTable;
  readonly steps: readonly Step[];
  /** In the order of the steps. */
  readonly found: readonly Found[];
  readonly register: Register;
  readonly isFirstLoad: boolean;
}

export interface Written {
  /** Of every record that is live now, in the order of the steps. */
  readonly ids: readonly number[];
  readonly changes: readonly Change[];
  readonly refused: readonly Rejected[];
}

/**
 * Writes the rows, and our entries after them. A record that the database refuses keeps the entry that it has. Throws
 * `NotEmptyError` where a record of a first load is there already.
 */
export function writeSteps(
  connection: Connection,
  { table, steps, found, register, isFirstLoad }: StepsToWrite,
): Written {
  const writer = rowWriter(connection, table);
  const book = new EntryBook(register);
  const changes: Change[] = [];
  const refused: Rejected[] = [];
  const fieldsOf = fieldsReader(connection, table);
  for (const [n, step] of steps.entries()) {
    const { entry = null, row = null } = found[n] ?? {};
    const reason = writeRow(writer, step, row !== null);
    if (reason !== undefined && isFirstLoad) throw new NotEmptyError();
    if (reason !== undefined) refused.push(refusedRecord(step.record.key, step.record.values, table.mapped, reason));
    else if (typeof step.change === 'object') changes.push(step.change);
    if (reason !== undefined || step.change === 'none' || step.change === 'defer') book.keep(entry);
    else book.enter(step.record, entry, fieldsOf(step.record));
  }
  writeBook(connection, register.id, book, isFirstLoad);
  return { ids: book.ids, changes, refused };
}

/** Gives the digests of a row's fields right after it was written, as the database keeps it. */
function fieldsReader(connection: Connection, table: ResourceTable): (record: Prepared) => string {
  const digest = digestFields(table.mapped);
  if (!mayRewrite(connection, table)) return ({ values }) => digest(values);
  const rows = rowsIn(connection, table);
  return (record) => digest(rows.ofRecord(record)?.row ?? record.values);
}

function writeRow(writer: RowWriter, { record, change }: Step, exists: boolean): string | undefined {
  if (typeof change === 'string' || change.type === 'deleted') return undefined;
  return writer.write(record, change, exists);
}

/** Entries are written after the rows, since a row that the database refuses gets no entry. */
function writeBook(connection: Connection, of: number, book: EntryBook, isFirstLoad: boolean): void {
  const { entries } = book;
  try {
    writeEntries(connection, of, entries);
  } catch (error) {
    throw isFirstLoad && refusalOf(error) !== undefined ? new NotEmptyError() : error;
  }
  if (entries.register) saveRegister(connection, entries.register);
}

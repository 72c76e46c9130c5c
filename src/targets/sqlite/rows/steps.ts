import type { Found, Step } from '../../../batch.ts';
import type { Change } from '../../../change.ts';
import type { Rejected } from '../../../record.ts';
import type { ResourceTable } from '../../../table.ts';
import { refusedRecord } from '../../sql/stored-reject.ts';
import type { Connection } from '../connection.ts';
import { refusalOf } from '../errors.ts';
import { insertEntries, type Register, renewEntry, saveRegister } from './entries.ts';
import { type RowWriter, rowWriter } from './writing.ts';

/** A record of a first load is there already: the batch is done again with a look-up of each. */
export class NotEmptyError extends Error {}

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

/** Writes the rows, and our entries after them. What the database refuses keeps the entry that it has. */
export function writeSteps(
  connection: Connection,
  { table, steps, found, register, isFirstLoad }: StepsToWrite,
): Written {
  const writer = rowWriter(connection, table);
  const entries = entryBook(connection, register);
  const changes: Change[] = [];
  const refused: Rejected[] = [];
  for (const [n, step] of steps.entries()) {
    const { entry = null, row = null } = found[n] ?? {};
    const reason = writeRow(writer, step, row !== null);
    if (reason !== undefined && isFirstLoad) throw new NotEmptyError();
    if (reason !== undefined) refused.push(refusedRecord(step.record.key, step.record.values, table.mapped, reason));
    else if (typeof step.change === 'object') changes.push(step.change);
    if (reason !== undefined || step.change === 'none') entries.keep(entry);
    else entries.enter(step, entry);
  }
  closeBook(entries, isFirstLoad);
  return { ids: entries.ids, changes, refused };
}

function writeRow(writer: RowWriter, { record, change }: Step, exists: boolean): string | undefined {
  if (typeof change === 'string' || change.type === 'deleted') return undefined;
  return writer.write(record, change, exists);
}

interface EntryBook {
  readonly ids: readonly number[];
  /** The record stays what it is: seen, or deleted where the database refuses to have it again. */
  keep(entry: Found['entry']): void;
  /** The record is live, with this hash. */
  enter(step: Step, entry: Found['entry']): void;
  close(): void;
}

/** New entries are written together, at the end: one statement for all is quicker, and their ids are known before. */
function entryBook(connection: Connection, { id: of, next, live }: Register): EntryBook {
  const ids: number[] = [];
  const entering: [key: string, hash: string][] = [];
  let revived = 0;
  return {
    ids,
    keep(entry) {
      if (entry && !entry.deleted) ids.push(entry.id);
    },
    enter({ record }, entry) {
      ids.push(entry?.id ?? next + entering.length);
      if (!entry) entering.push([record.key, record.hash]);
      else renewEntry(connection, of, entry.id, record.hash);
      if (entry?.deleted) revived += 1;
    },
    close() {
      insertEntries(connection, of, next, entering);
      const added = entering.length + revived;
      if (added > 0) saveRegister(connection, { id: of, next: next + entering.length, live: live + added });
    },
  };
}

function closeBook(entries: EntryBook, isFirstLoad: boolean): void {
  try {
    entries.close();
  } catch (error) {
    throw isFirstLoad && refusalOf(error) !== undefined ? new NotEmptyError() : error;
  }
}

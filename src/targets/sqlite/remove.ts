import type { Committed, Removal } from '../../batch.ts';
import { countChanges, type Deleted } from '../../change.ts';
import { crashPoint } from '../../crash.ts';
import type { Rejected } from '../../record.ts';
import { sumCommitted } from '../sql/committed.ts';
import { refusedRecord } from '../sql/stored-reject.ts';
import type { Connection } from './connection/connection.ts';
import type { Writing } from './fence/run-fence.ts';
import { giveOutEvents } from './outbox.ts';
import { countMissing, liveKey, markDeleted } from './rows/entries.ts';
import { ownRegister, saveRegister } from './rows/register.ts';
import { rowsIn } from './rows/rows.ts';
import { rowWriter } from './rows/writing.ts';
import { savePass } from './state/ledger.ts';
import { storeRejects } from './state/rejects.ts';

/** What of a removal one transaction does. */
export interface RemovalPart {
  readonly ids: readonly number[];
  readonly isLast: boolean;
  /** How many records earlier parts have deleted. */
  readonly deleted: number;
}

/** So many deletions take some tens of milliseconds. */
const idsPerPart = 1000;

/** Removes in several transactions, so that each is short. Each stores how many records are deleted so far. */
export async function removeInParts(
  { ids }: Removal,
  removePart: (part: RemovalPart) => Promise<Committed>,
): Promise<Committed> {
  let done: Committed | undefined;
  for (let from = 0; ; from += idsPerPart) {
    const part = ids.slice(from, from + idsPerPart);
    const isLast = from + idsPerPart >= ids.length;
    const removed = await removePart({ ids: part, isLast, deleted: done?.counts.deleted ?? 0 });
    done = done ? sumCommitted(done, removed) : removed;
    if (isLast) return done;
  }
}

/** Deletes the ids that are live, counts the missing with the last part, and stores the checkpoint. */
export function removeBatch(writing: Writing, removal: Removal, { ids, isLast, deleted }: RemovalPart): Committed {
  const { connection, name, fence } = writing;
  const { table } = removal;
  const at = new Date();
  const register = ownRegister(connection, name, table.resource);
  const { changes, refused } = removeRecords(connection, { table, ids }, register.id, at);
  if (changes.length > 0) saveRegister(connection, { ...register, live: register.live - changes.length });
  if (isLast) countMissing(connection, register.id, removal);
  crashPoint('remove-written');

  const events = giveOutEvents(writing, removal, changes, at);
  const stored = removal.checkpoint(deleted + changes.length, isLast);
  storeRejects(connection, refused, { name, resource: table.resource, pass: stored.checkpoint.pass, at });
  savePass(connection, name, table.resource, stored);
  crashPoint('remove-ready');
  return { counts: countChanges(changes), ids: [], busy: [], refused, events, nextSeq: fence.nextSeq + events };
}

interface Removed {
  readonly changes: readonly Deleted[];
  readonly refused: readonly Rejected[];
}

/** If the database keeps a row, because of a foreign key for example, its record stays live. The next pass tries again. */
function removeRecords(
  connection: Connection,
  { table, ids }: Pick<Removal, 'table' | 'ids'>,
  of: number,
  at: Date,
): Removed {
  const rows = rowsIn(connection, table);
  const writer = rowWriter(connection, table);
  const changes: Deleted[] = [];
  const refused: Rejected[] = [];
  for (const id of ids) {
    const key = liveKey(connection, of, id);
    if (key === null) continue;
    const before = rows.ofKey(key)?.row ?? null;
    const reason = before === null ? undefined : writer.remove(key, at);
    if (reason !== undefined) {
      refused.push(refusedRecord(key, before ?? [], table.mapped, reason));
      continue;
    }
    markDeleted(connection, of, id, at);
    changes.push({ type: 'deleted', key, before });
  }
  return { changes, refused };
}

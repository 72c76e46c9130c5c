import type { Committed, Removal } from '../../batch.ts';
import { countChanges, type Deleted } from '../../change.ts';
import { crashPoint } from '../../crash.ts';
import type { Rejected } from '../../record.ts';
import { refusedRecord } from '../sql/stored-reject.ts';
import type { Connection } from './connection/connection.ts';
import type { Writing } from './fence/run-fence.ts';
import { savePass } from './ledger.ts';
import { giveOutEvents } from './outbox.ts';
import { storeRejects } from './rejects.ts';
import { countMissing, liveKey, markDeleted } from './rows/entries.ts';
import { ownRegister, saveRegister } from './rows/register.ts';
import { rowsIn } from './rows/rows.ts';
import { rowWriter } from './rows/writing.ts';

/** Deletes the ids that are live, counts the missing, and stores the checkpoint. */
export function removeBatch(writing: Writing, removal: Removal): Committed {
  const { connection, name, fence } = writing;
  const { table, missing, found } = removal;
  const at = new Date();
  const register = ownRegister(connection, name, table.resource);
  const { changes, refused } = removeRecords(connection, removal, register.id, at);
  if (changes.length > 0) saveRegister(connection, { ...register, live: register.live - changes.length });
  countMissing(connection, register.id, { missing, found });
  crashPoint('remove-written');

  const events = giveOutEvents(writing, removal, changes, at);
  const stored = removal.checkpoint(changes.length, true);
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
function removeRecords(connection: Connection, { table, ids }: Removal, of: number, at: Date): Removed {
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

import type { Batch, Committed, Found } from '../../batch.ts';
import { crashPoint } from '../../crash.ts';
import { IntegrityError } from '../../errors.ts';
import type { FenceRow } from '../../target.ts';
import { countChanges } from '../sql/outbox-rows.ts';
import type { Connection } from './connection.ts';
import { savePass, storeRejects } from './ledger.ts';
import { giveOutEvents } from './outbox.ts';
import { forgetGroundless, storeAliases } from './rows/aliases.ts';
import { entryOf, ownRegister } from './rows/entries.ts';
import { rowsIn } from './rows/rows.ts';
import { writeSteps } from './rows/steps.ts';

/** Where one transaction writes: the fence is checked, the fence is as this run last saw it. */
export interface Writing {
  readonly connection: Connection;
  readonly name: string;
  readonly fence: FenceRow;
}

const nothing: Found = { entry: null, row: null, isRowDeleted: false };

/**
 * Look up, plan, write the rows, our entries, the events, the rejects, and last the checkpoint. A first load looks
 * nothing up: it throws `NotEmptyError` where a record is there already.
 */
export function commitBatch(
  writing: Writing,
  batch: Batch,
  { isFirstLoad }: { readonly isFirstLoad: boolean },
): Committed {
  const { connection, name, fence } = writing;
  const { table, records } = batch;
  const at = new Date();
  const register = ownRegister(connection, name, table.resource);
  const found = isFirstLoad ? records.map(() => nothing) : findRecords(connection, batch, register.id);
  const steps = batch.plan(records, found);
  if (steps.length !== records.length)
    throw new IntegrityError('the plan is not one step for each record; nothing was written');
  crashPoint('commit-planned');

  const { ids, changes, refused } = writeSteps(connection, { table, steps, found, register, isFirstLoad });
  crashPoint('commit-written');

  const events = giveOutEvents(connection, { name, fence, at }, batch, changes);
  storeRejects(connection, [...batch.rejected, ...refused], { name, resource: table.resource, pass: batch.pass, at });
  if (batch.aliases) storeAliases(connection, register.id, batch.aliases);
  const refusedKeys = refused.flatMap(({ key }) => key ?? []);
  if (table.match) forgetGroundless(connection, register.id, refusedKeys);
  const counts = countChanges(changes);
  const stored = batch.checkpoint?.(ids, counts, refused.length);
  if (stored) savePass(connection, name, table.resource, stored);
  crashPoint('commit-ready');
  return { counts, ids, busy: [], refused, events, nextSeq: fence.nextSeq + events };
}

/** Our entry and the system's row of each record; without tables of ours there are rows alone. */
export function findRecords(
  connection: Connection,
  { table, records }: Pick<Batch, 'table' | 'records'>,
  of: number | undefined,
): Found[] {
  const rows = rowsIn(connection, table);
  return records.map((record) => {
    const row = rows.ofRecord(record);
    const entry = of === undefined ? null : entryOf(connection, of, record.key);
    return { entry, row: row?.row ?? null, isRowDeleted: row?.isDeleted ?? false };
  });
}

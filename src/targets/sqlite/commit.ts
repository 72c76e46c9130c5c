import type { Batch, Committed } from '../../batch.ts';
import { countChanges } from '../../change.ts';
import { crashPoint } from '../../crash.ts';
import { deferredIn } from '../sql/deferred-record.ts';
import { noFound } from '../sql/nothing-yet.ts';
import { assertPlanned } from '../sql/run-errors.ts';
import type { Writing } from './fence/run-fence.ts';
import { giveOutEvents } from './outbox.ts';
import { forgetGroundless, storeAliases } from './rows/aliases.ts';
import { findRecords } from './rows/find.ts';
import { ownRegister } from './rows/register.ts';
import { writeSteps } from './rows/steps.ts';
import { storeDeferred } from './state/deferred.ts';
import { savePass } from './state/ledger.ts';
import { storeRejects } from './state/rejects.ts';

/**
 * Commits one batch inside a transaction:
 *
 * 1. look up what is known of each record, and plan;
 * 2. write the rows, then our entries, and keep the records that wait for the end of their pass;
 * 3. write the events, the rejects and the aliases;
 * 4. store the checkpoint.
 *
 * A first load looks nothing up. It throws `NotEmptyError` where a record is there already.
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
  const found = isFirstLoad ? records.map(() => noFound) : findRecords(connection, batch, register.id);
  const steps = batch.plan(records, found);
  assertPlanned(steps, records);
  crashPoint('commit-planned');

  const { ids, changes, refused } = writeSteps(connection, { table, steps, found, register, isFirstLoad });
  crashPoint('commit-written');

  storeDeferred(connection, register.id, deferredIn(steps, found));
  const events = giveOutEvents(writing, batch, changes, at);
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

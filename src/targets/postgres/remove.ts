import type { Committed, Removal } from '../../batch.ts';
import type { Deleted } from '../../change.ts';
import { crashPoint } from '../../crash.ts';
import { countChanges } from '../sql/outbox-rows.ts';
import { refusedRecord } from '../sql/stored-reject.ts';
import { bisector, type Outcome } from './bisect.ts';
import type { Writing } from './commit.ts';
import { savePass, storeRejects } from './ledger.ts';
import { giveOutEvents } from './outbox.ts';
import { countMissing, type KeyOfId, keysOf, markDeleted, ownRegister, saveRegister } from './rows/entries.ts';
import { type FoundRow, lookUp, wantedKey } from './rows/look-up.ts';
import type { Shape } from './rows/shape.ts';
import { removeRows, tellApartMs } from './rows/writing.ts';

/** Part of a removal as it was committed; the ids that time did not suffice for are to be done in another transaction. */
export interface PartRemoved extends Committed {
  readonly left: readonly number[];
}

interface Leaving extends KeyOfId {
  readonly found: FoundRow;
  readonly fields: readonly (string | null)[] | null;
}

/** What of a removal one transaction does. */
export interface RemovalPart {
  readonly ids: readonly number[];
  /** Nothing is to come after it, if all of it is done. */
  readonly isLast: boolean;
  /** Deleted by earlier parts. */
  readonly deleted: number;
}

/** Deletes what is live of the ids, counts what is missing, and stores the checkpoint. */
export async function removeBatch(
  writing: Writing,
  removal: Removal,
  shape: Shape | null,
  part: RemovalPart,
): Promise<PartRemoved> {
  const { session, place, name, fence } = writing;
  const { table } = removal;
  const at = new Date();
  const register = await ownRegister(session, place, name, table.resource);
  const leaving = await findLeaving(writing, part.ids, shape, register.id);
  const outcome = await removeFound(writing, leaving, shape, at);
  const isGone = (each: Leaving) =>
    !each.found.isBusy && ![outcome.busy, outcome.left, outcome.refused].some((kept) => kept.has(each));
  const gone = leaving.filter(isGone);
  await markDeleted(
    session,
    place,
    register.id,
    gone.map(({ id }) => id),
  );
  if (gone.length > 0) await saveRegister(session, place, { ...register, live: register.live - gone.length });
  const busy = leaving.filter((each) => each.found.isBusy || outcome.busy.has(each)).map(({ key }) => key);
  const left = [...outcome.left].map(({ id }) => id);
  const isWhole = part.isLast && busy.length === 0 && left.length === 0;
  if (isWhole) await countMissing(session, place, register.id, removal);
  crashPoint('remove-written');

  const changes = gone.map(({ key, found }): Deleted => ({ type: 'deleted', key, before: found.row }));
  const events = await giveOutEvents(writing, removal, changes, at);
  const stored = removal.checkpoint(part.deleted + gone.length, isWhole);
  const refused = [...outcome.refused].map(([{ key, found }, { reason }]) =>
    refusedRecord(key, found.row ?? [], table.mapped, reason),
  );
  await storeRejects(session, place, refused, { name, resource: table.resource, pass: stored.checkpoint.pass, at });
  await savePass(session, place, name, table.resource, stored);
  crashPoint('remove-ready');
  return { counts: countChanges(changes), ids: [], busy, left, refused, events, nextSeq: fence.nextSeq + events };
}

async function findLeaving(
  { session, place }: Writing,
  ids: readonly number[],
  shape: Shape | null,
  of: number,
): Promise<Leaving[]> {
  const keys = await keysOf(session, place, of, ids, { live: true });
  const wanted = keys.map(({ key }) => wantedKey(key, shape));
  const lock = shape?.table.onDelete === 'hard' ? 'FOR UPDATE' : 'FOR NO KEY UPDATE';
  const found = await lookUp(session, { place, shape, of, lock }, wanted);
  const absent: FoundRow = { entry: null, row: null, isRowDeleted: false, isBusy: false };
  return keys.map((each, n) => ({ ...each, found: found[n] ?? absent, fields: wanted[n]?.fields ?? null }));
}

/** A row that the database keeps, for a foreign key's sake, leaves its record live: the next pass tries again. */
async function removeFound(
  { session }: Writing,
  leaving: readonly Leaving[],
  shape: Shape | null,
  at: Date,
): Promise<Outcome<Leaving>> {
  const { put, outcome } = bisector<Leaving>(session, { tellApartMs });
  const there = leaving.filter(({ found }) => !found.isBusy && found.row !== null);
  if (shape)
    await put(there, (part) =>
      removeRows(
        session,
        shape,
        part.map(({ fields }) => fields ?? []),
        at,
      ),
    );
  return outcome;
}

import type { Committed, Removal } from '../../batch.ts';
import { countChanges, type Deleted } from '../../change.ts';
import { crashPoint } from '../../crash.ts';
import type { Rejected } from '../../record.ts';
import { beside } from '../../turns.ts';
import { refusedRecord } from '../sql/stored-reject.ts';
import { Bisector, type Outcome } from './bisect.ts';
import type { Writing } from './fence/run-fence.ts';
import { giveOutEvents, makeEvents } from './outbox.ts';
import { countMissing, markDeleted } from './rows/entering.ts';
import { type KeyOfId, keysOf } from './rows/entries.ts';
import { type FoundRow, lookUp, noFoundRow } from './rows/look-up.ts';
import { ownRegister, saveRegister } from './rows/register.ts';
import { removeRows } from './rows/removing.ts';
import { wantedKey } from './rows/wanted.ts';
import { tellApartMs } from './rows/writing.ts';
import type { Shape } from './shape/shape.ts';
import { savePass } from './state/ledger.ts';
import { storeRejects } from './state/rejects.ts';

/** Part of a removal as it was committed. The ids that there was no time for are left to another transaction. */
export interface PartRemoved extends Committed {
  readonly left: readonly number[];
}

/** What of a removal one transaction does. */
export interface RemovalPart {
  readonly ids: readonly number[];
  /** Nothing comes after this part, if all of it is done. */
  readonly isLast: boolean;
  /** How many records earlier parts have deleted. */
  readonly deleted: number;
}

/**
 * Deletes the ids that are live, counts the missing with the last part, and stores the checkpoint. While the database works on
 * the rows, the events are made as if it refused none.
 */
export async function removeBatch(
  writing: Writing,
  removal: Removal,
  shape: Shape | null,
  part: RemovalPart,
): Promise<PartRemoved> {
  const { session, place, name, fence } = writing;
  const { resource } = removal.table;
  const at = new Date();
  const register = await ownRegister(session, place, name, resource);
  const leaving = await findLeaving(writing, part.ids, shape, register.id);
  const free = leaving.filter(({ found }) => !found.isBusy);
  const removing = beside(removeFound(writing, free, shape, at));
  const early = beside(makeEvents(changesOf(free), writing, removal, at));
  const outcome = await removing;
  const { gone, busy, left, refused } = sorted(leaving, outcome, removal);
  await markDeleted(
    session,
    place,
    register.id,
    gone.map(({ id }) => id),
  );
  if (gone.length > 0) await saveRegister(session, place, { ...register, live: register.live - gone.length });
  const isWhole = part.isLast && busy.length === 0 && left.length === 0;
  if (isWhole) await countMissing(session, place, register.id, removal);
  crashPoint('remove-written');

  const changes = changesOf(gone);
  const isAsPlanned = gone.length === free.length;
  const events = await giveOutEvents(writing, await (isAsPlanned ? early : makeEvents(changes, writing, removal, at)));
  const stored = removal.checkpoint(part.deleted + gone.length, isWhole);
  await storeRejects(session, place, refused, { name, resource, pass: stored.checkpoint.pass, at });
  savePass(session, place, name, resource, stored);
  crashPoint('remove-ready');
  return { counts: countChanges(changes), ids: [], busy, left, refused, events, nextSeq: fence.nextSeq + events };
}

function changesOf(gone: readonly Leaving[]): Deleted[] {
  return gone.map(({ key, found }) => ({ type: 'deleted', key, before: found.row }));
}

interface Leaving extends KeyOfId {
  readonly found: FoundRow;
  readonly fields: readonly (string | null)[] | null;
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
  const found = await lookUp(session, { place, shape, of: null, lock }, wanted);
  return keys.map((each, n) => ({ ...each, found: found[n] ?? noFoundRow, fields: wanted[n]?.fields ?? null }));
}

/** If the database keeps a row, because of a foreign key for example, its record stays live. The next pass tries again. */
async function removeFound(
  { session }: Writing,
  free: readonly Leaving[],
  shape: Shape | null,
  at: Date,
): Promise<Outcome<Leaving>> {
  const bisector = new Bisector<Leaving>(session, { tellApartMs });
  const there = free.filter(({ found }) => found.row !== null);
  if (shape)
    await bisector.put(there, (part) =>
      removeRows(
        session,
        shape,
        part.map(({ fields }) => fields ?? []),
        at,
      ),
    );
  return bisector.outcome;
}

interface Sorted {
  readonly gone: readonly Leaving[];
  /** Keys. */
  readonly busy: readonly string[];
  /** Ids. */
  readonly left: readonly number[];
  readonly refused: readonly Rejected[];
}

function sorted(leaving: readonly Leaving[], outcome: Outcome<Leaving>, { table }: Removal): Sorted {
  const isBusy = (each: Leaving) => each.found.isBusy || outcome.busy.has(each);
  return {
    gone: leaving.filter((each) => !isBusy(each) && !outcome.left.has(each) && !outcome.refused.has(each)),
    busy: leaving.filter(isBusy).map(({ key }) => key),
    left: [...outcome.left].map(({ id }) => id),
    refused: [...outcome.refused].map(([{ key, found }, { reason }]) =>
      refusedRecord(key, found.row ?? [], table.mapped, reason),
    ),
  };
}

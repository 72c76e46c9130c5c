import type { Batch, Committed, Step } from '../../batch.ts';
import { crashPoint } from '../../crash.ts';
import { IntegrityError } from '../../errors.ts';
import type { Prepared, Rejected } from '../../record.ts';
import { countChanges } from '../sql/outbox-rows.ts';
import { refusedRecord } from '../sql/stored-reject.ts';
import type { Outcome } from './bisect.ts';
import { isMadeAlready } from './connection/errors.ts';
import type { Session } from './connection/session.ts';
import type { StoredFence } from './fence/fence.ts';
import { savePass, storeRejects } from './ledger.ts';
import { giveOutEvents } from './outbox.ts';
import { forgetGroundless, storeAliases } from './rows/aliases.ts';
import { insertEntries, ownRegister, type Register, renewEntries, saveRegister } from './rows/entries.ts';
import { type FoundRow, lookUp, wantedRecord } from './rows/look-up.ts';
import type { Shape } from './rows/shape.ts';
import { type RowToWrite, rowsToWrite, writeRows } from './rows/writing.ts';
import type { Place } from './schema.ts';

/** Where one transaction writes: the fence is checked, the fence row is locked and as this run last saw it. */
export interface Writing {
  readonly session: Session;
  readonly place: Place;
  readonly name: string;
  readonly fence: StoredFence;
}

/** A record of a first load is there already: the batch is done again with a look-up of each. */
export class NotEmptyError extends Error {}

/** Part of a batch as it was committed; what time did not suffice for is to be done in another transaction. */
export interface PartCommitted extends Committed {
  readonly left: readonly Prepared[];
}

const unknown: FoundRow = { entry: null, row: null, isRowDeleted: false, isBusy: false };

/**
 * Look up and lock, plan, write the rows, our entries, the events, the rejects, and last the checkpoint. A first load looks
 * nothing up: it throws `NotEmptyError` where a record is there already.
 */
export async function commitBatch(
  writing: Writing,
  batch: Batch,
  { shape, isFirstLoad }: { readonly shape: Shape; readonly isFirstLoad: boolean },
): Promise<PartCommitted> {
  const { session, place, name, fence } = writing;
  const { table } = batch;
  const at = new Date();
  const register = await ownRegister(session, place, name, table.resource);
  const looked = isFirstLoad ? batch.records.map(() => unknown) : await findLocked(writing, batch, shape, register);
  const free = batch.records.flatMap((record, n) => (looked[n]?.isBusy ? [] : { record, found: looked[n] ?? unknown }));
  const steps = batch.plan(
    free.map(({ record }) => record),
    free.map(({ found }) => found),
  );
  if (steps.length !== free.length)
    throw new IntegrityError('the plan is not one step for each record; nothing was written');
  crashPoint('commit-planned');

  const found = free.map((each) => each.found);
  const rows = rowsToWrite(steps, (n) => found[n]?.row !== null);
  const outcome = await writeRows(session, shape, rows, { onRefusal: isFirstLoad ? notEmpty : undefined });
  const book = entered(steps, found, outcome, register);
  await enter(writing, register, book, isFirstLoad);
  crashPoint('commit-written');

  const refused = refusedRecords(outcome, table);
  const changes = steps.flatMap(({ change }, n) => (typeof change === 'object' && book.isDone(n) ? change : []));
  const events = await giveOutEvents(writing, batch, changes, at);
  await storeRejects(session, place, [...batch.rejected, ...refused], {
    name,
    resource: table.resource,
    pass: batch.pass,
    at,
  });
  if (batch.aliases) await storeAliases(session, place, register.id, batch.aliases);
  const refusedKeys = refused.flatMap(({ key }) => key ?? []);
  if (table.match) await forgetGroundless(session, place, register.id, refusedKeys);
  const busy = [
    ...batch.records.flatMap(({ key }, n) => (looked[n]?.isBusy ? key : [])),
    ...[...outcome.busy].map(({ record }) => record.key),
  ];
  const left = [...outcome.left].map(({ record }) => record);
  const counts = countChanges(changes);
  const isWhole = busy.length === 0 && left.length === 0;
  const stored = isWhole ? batch.checkpoint?.(book.ids, counts, refused.length) : undefined;
  if (stored) await savePass(session, place, name, table.resource, stored);
  crashPoint('commit-ready');
  return { counts, ids: book.ids, busy, left, refused, events, nextSeq: fence.nextSeq + events };
}

function findLocked(
  { session, place }: Writing,
  { records }: Batch,
  shape: Shape,
  { id: of }: Register,
): Promise<FoundRow[]> {
  const wanted = records.map((record) => wantedRecord(record, shape));
  return lookUp(session, { place, shape, of, lock: 'FOR NO KEY UPDATE' }, wanted);
}

function notEmpty(): never {
  throw new NotEmptyError();
}

function refusedRecords({ refused }: Outcome<RowToWrite>, { mapped }: Batch['table']): Rejected[] {
  const inOrder = [...refused].sort(([a], [b]) => a.at - b.at);
  return inOrder.map(([{ record }, { reason }]) => refusedRecord(record.key, record.values, mapped, reason));
}

interface Book {
  /** Of every record that is live now, in the order of the steps. */
  readonly ids: readonly number[];
  readonly entering: readonly (readonly [key: string, hash: string])[];
  readonly renewing: readonly (readonly [id: number, hash: string])[];
  readonly revived: number;
  /** What the step asks for has happened. */
  readonly isDone: (n: number) => boolean;
}

/** What our entries say after it. What was not written keeps the entry that it has; busy and left ones are not told of yet. */
function entered(
  steps: readonly Step[],
  found: readonly FoundRow[],
  { refused, busy, left }: Outcome<RowToWrite>,
  { next }: Register,
): Book {
  const positions = (rows: Iterable<RowToWrite>) => new Set([...rows].map(({ at }) => at));
  const notYet = positions([...busy, ...left]);
  const notAtAll = positions(refused.keys());
  const ids: number[] = [];
  const entering: [string, string][] = [];
  const renewing: [number, string][] = [];
  let revived = 0;
  for (const [n, { record, change }] of steps.entries()) {
    const entry = found[n]?.entry ?? null;
    if (notYet.has(n)) continue;
    if (notAtAll.has(n) || change === 'none') {
      if (entry && !entry.deleted) ids.push(entry.id);
      continue;
    }
    ids.push(entry?.id ?? next + entering.length);
    if (entry) renewing.push([entry.id, record.hash]);
    else entering.push([record.key, record.hash]);
    if (entry?.deleted) revived += 1;
  }
  return { ids, entering, renewing, revived, isDone: (n) => !notYet.has(n) && !notAtAll.has(n) };
}

async function enter(
  { session, place }: Writing,
  { id: of, next, live }: Register,
  { entering, renewing, revived }: Book,
  isFirstLoad: boolean,
): Promise<void> {
  try {
    await insertEntries(session, place, of, next, entering);
  } catch (error) {
    throw isFirstLoad && isMadeAlready(error) ? new NotEmptyError() : error;
  }
  await renewEntries(session, place, of, renewing);
  const added = entering.length + revived;
  if (added > 0) await saveRegister(session, place, { id: of, next: next + entering.length, live: live + added });
}

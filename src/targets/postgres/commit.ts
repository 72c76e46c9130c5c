import type { Batch, Committed, Step } from '../../batch.ts';
import { type Change, countChanges } from '../../change.ts';
import { crashPoint } from '../../crash.ts';
import { digestFields } from '../../field-digests.ts';
import type { Prepared, Rejected } from '../../record.ts';
import { beside, Turns } from '../../turns.ts';
import { deferredIn } from '../sql/deferred-record.ts';
import { EntryBook, type Register } from '../sql/entry-book.ts';
import { NotEmptyError } from '../sql/first-loads.ts';
import { assertPlanned } from '../sql/run-errors.ts';
import { refusedRecord } from '../sql/stored-reject.ts';
import type { Outcome } from './bisect.ts';
import { isMadeAlready } from './connection/errors.ts';
import type { Writing } from './fence/run-fence.ts';
import { giveOutEvents, type MadeEvents, makeEvents } from './outbox.ts';
import { forgetGroundless, storeAliases } from './rows/aliases.ts';
import { writeEntries } from './rows/entering.ts';
import { type FoundRow, lookUp, noFoundRow } from './rows/look-up.ts';
import { ownRegister, saveRegister } from './rows/register.ts';
import { wantedRecord } from './rows/wanted.ts';
import { type RowToWrite, rowsToWrite, writeRows } from './rows/writing.ts';
import type { Shape } from './shape/shape.ts';
import { storeDeferred } from './state/deferred.ts';
import { savePass } from './state/ledger.ts';
import { storeRejects } from './state/rejects.ts';

/** Part of a batch as it was committed. What there was no time for is left to another transaction. */
export interface PartCommitted extends Committed {
  readonly left: readonly Prepared[];
}

/**
 * Commits one part of a batch inside a transaction:
 *
 * 1. look up and lock the rows, and plan what to do with those that are not busy;
 * 2. write the rows, then our entries, and keep the records that wait for the end of their pass. While the database writes the
 *    rows, what follows is made as if it refused none;
 * 3. write the events, the rejects and the aliases;
 * 4. store the checkpoint, if nothing is busy or left.
 *
 * A first load looks nothing up. It throws `NotEmptyError` where a record is there already.
 */
export async function commitBatch(
  writing: Writing,
  batch: Batch,
  { shape, isFirstLoad }: { readonly shape: Shape; readonly isFirstLoad: boolean },
): Promise<PartCommitted> {
  const { session, place, name, fence } = writing;
  const { resource } = batch.table;
  const at = new Date();
  const register = await ownRegister(session, place, name, resource);
  const looked = isFirstLoad ? batch.records.map(() => noFoundRow) : await findLocked(writing, batch, shape, register);
  const planned = plan(batch, looked);
  crashPoint('commit-planned');

  const rows = rowsToWrite(planned.steps, (n) => planned.found[n]?.row !== null);
  const follow = async (outcome: Outcome<RowToWrite>): Promise<Following> => {
    const written = whatWasWritten(planned, outcome);
    const { book, changes } = await entered(written, await readFields(writing, shape, written), register);
    return { book, changes, events: await makeEvents(changes, writing, batch, at) };
  };
  const writingRows = beside(writeRows(session, shape, rows, { onRefusal: isFirstLoad ? notEmpty : undefined }));
  // What the database makes of a row can be read only once it is there.
  const early = shape.mayRewrite ? null : beside(follow(allWritten));
  const outcome = await writingRows;
  const { book, changes, events: made } = await (early && isAllWritten(outcome) ? early : follow(outcome));
  await writeBook(writing, register.id, book, isFirstLoad);
  await storeDeferred(session, place, register.id, deferredIn(planned.steps, planned.found));
  crashPoint('commit-written');

  const refused = refusedRecords(outcome, batch);
  const events = await giveOutEvents(writing, made);
  await storeRejects(session, place, [...batch.rejected, ...refused], { name, resource, pass: batch.pass, at });
  await keepAliases(writing, batch, register, refused);
  const busy = [...planned.busy, ...[...outcome.busy].map(({ record }) => record.key)];
  const left = [...outcome.left].map(({ record }) => record);
  const counts = countChanges(changes);
  const isWhole = busy.length === 0 && left.length === 0;
  const stored = isWhole ? batch.checkpoint?.(book.ids, counts, refused.length) : undefined;
  if (stored) savePass(session, place, name, resource, stored);
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
  return lookUp(session, { place, shape, of, lock: 'FOR NO KEY UPDATE', readsFields: true }, wanted);
}

interface Planned {
  readonly steps: readonly Step[];
  /** In the order of the steps. */
  readonly found: readonly FoundRow[];
  /** Keys of the records that cannot be planned, since the system holds their rows locked. */
  readonly busy: readonly string[];
}

function plan(batch: Batch, looked: readonly FoundRow[]): Planned {
  const isBusy = (n: number): boolean => looked[n]?.isBusy === true;
  const hasBusy = looked.some((each) => each.isBusy);
  const records = hasBusy ? batch.records.filter((_record, n) => !isBusy(n)) : batch.records;
  const found = hasBusy ? looked.filter(({ isBusy: is }) => !is) : looked;
  const steps = batch.plan(records, found);
  assertPlanned(steps, records);
  return { steps, found, busy: hasBusy ? batch.records.flatMap(({ key }, n) => (isBusy(n) ? key : [])) : [] };
}

function notEmpty(): never {
  throw new NotEmptyError();
}

/** What is written once the rows are. */
interface Following extends Entered {
  readonly events: MadeEvents | null;
}

const allWritten: Outcome<RowToWrite> = { refused: new Map(), busy: new Set(), left: new Set() };

function isAllWritten({ refused, busy, left }: Outcome<RowToWrite>): boolean {
  return refused.size === 0 && busy.size === 0 && left.size === 0;
}

/** What became of the steps of a batch. */
interface WhatWasWritten {
  /** In the order of the batch, with what was found for each. */
  readonly steps: readonly Step[];
  readonly found: readonly FoundRow[];
  /** Whether its record keeps the entry that it has. All others are live from now on as they are here. */
  readonly isKept: readonly boolean[];
}

/** A record that was not written keeps the entry that it has. Nothing is known yet of one that is busy or left. */
function whatWasWritten({ steps, found }: Planned, { refused, busy, left }: Outcome<RowToWrite>): WhatWasWritten {
  const positions = (rows: Iterable<RowToWrite>) => new Set([...rows].map(({ at }) => at));
  const notYet = positions([...busy, ...left]);
  const notAtAll = positions(refused.keys());
  const isKept = steps.map(({ change }, n) => change === 'none' || change === 'defer' || notAtAll.has(n));
  if (notYet.size === 0) return { steps, found, isKept };
  const isKnown = (_each: unknown, n: number) => !notYet.has(n);
  return { steps: steps.filter(isKnown), found: found.filter(isKnown), isKept: isKept.filter(isKnown) };
}

type FieldsOf = (step: Step) => string;

/** The digests of the rows' fields, as the database keeps them. */
async function readFields(
  { session, place }: Writing,
  shape: Shape,
  { steps, isKept }: WhatWasWritten,
): Promise<FieldsOf> {
  const digest = digestFields(shape.table.mapped);
  if (!shape.mayRewrite) return ({ record }) => digest(record.values);
  const entering = steps.filter((_step, n) => !isKept[n]);
  const wanted = entering.map(({ record }) => ({ ...wantedRecord(record, shape), values: null }));
  const rows = await lookUp(session, { place, shape, of: null, lock: '' }, wanted);
  const fields = new Map(entering.map((step, n) => [step, digest(rows[n]?.row ?? step.record.values)]));
  return (step) => fields.get(step) ?? '';
}

interface Entered {
  readonly book: EntryBook;
  /** What has really changed. */
  readonly changes: readonly Change[];
}

async function entered(
  { steps, found, isKept }: WhatWasWritten,
  fieldsOf: FieldsOf,
  register: Register,
): Promise<Entered> {
  const book = new EntryBook(register);
  const changes: Change[] = [];
  const turns = new Turns();
  for (let n = 0; n < steps.length; n += 1) {
    const step = steps[n] as Step;
    const { entry } = found[n] ?? noFoundRow;
    if (isKept[n]) book.keep(entry);
    else book.enter(step.record, entry, fieldsOf(step));
    if (typeof step.change === 'object' && !isKept[n]) changes.push(step.change);
    if (turns.isOver) await turns.giveWay();
  }
  return { book, changes };
}

async function writeBook(
  { session, place }: Writing,
  of: number,
  { entries }: EntryBook,
  isFirstLoad: boolean,
): Promise<void> {
  try {
    await writeEntries(session, place, of, entries);
  } catch (error) {
    throw isFirstLoad && isMadeAlready(error) ? new NotEmptyError() : error;
  }
  if (entries.register) await saveRegister(session, place, entries.register);
}

function refusedRecords({ refused }: Outcome<RowToWrite>, { table }: Batch): Rejected[] {
  const inOrder = [...refused].sort(([a], [b]) => a.at - b.at);
  return inOrder.map(([{ record }, { reason }]) => refusedRecord(record.key, record.values, table.mapped, reason));
}

async function keepAliases(
  { session, place }: Writing,
  { table, aliases }: Batch,
  { id: of }: Register,
  refused: readonly Rejected[],
): Promise<void> {
  if (aliases) await storeAliases(session, place, of, aliases);
  const refusedKeys = refused.flatMap(({ key }) => key ?? []);
  if (table.match) await forgetGroundless(session, place, of, refusedKeys);
}

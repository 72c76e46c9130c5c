import type { Checkpoint } from '../checkpoint.ts';
import { type Alias, type Aliases, type Arrived, type Clues, nativeOnly, noClues } from '../identity.ts';
import type { Column, Prepared, RecordBatch, Rejected, Rekey } from '../record.ts';
import type { ResourceTable } from '../target.ts';
import { type Bringer, type Finding, isAtHome, knownKey, type Recognised, recogniseAll } from './recognise.ts';

/** What matching needs to know of a resource. Without `rekey`, the native key of a record is its key. */
export interface MatchedResource {
  readonly table: ResourceTable;
  readonly rekey?: Rekey;
}

/** Asks what may tell which records have arrived: the target, and in a dry run what it has recognised so far. */
export type AskClues = (arrived: readonly Arrived[]) => Promise<readonly Clues[]>;

/** Where records come from, and whom to ask which of ours they are. */
export interface Source {
  readonly by: Bringer;
  readonly ask: AskClues;
}

/** A batch whose records have the system's keys. */
export interface Identified extends RecordBatch {
  /** What is to be remembered of it; absent where the keys are the native ones. */
  readonly aliases?: Aliases;
  readonly recognised?: Recognised;
}

export function bringerOf({ home = [], hadGuests = true }: Checkpoint, adapter: string): Bringer {
  return { adapter, home, isAlone: home.includes(adapter) && !hadGuests };
}

/**
 * Finds out which records of ours a batch has brought, where there are fields to match by.
 *
 * 1. Whoever came before under its native key is known.
 * 2. At home, the native key of a record of ours is its key.
 * 3. Else it is the one row with the same match fields that no other record of this adapter is.
 * 4. Else it is new, under its native key; if that is the key of another record, it is rejected.
 *
 * A record that might be any of ours is rejected without a key, so that its pass deletes nothing.
 */
export async function identify(
  batch: RecordBatch,
  { table, rekey }: MatchedResource,
  { by, ask }: Source,
): Promise<Identified> {
  if (!rekey || batch.raw === 0) return batch;
  const arrived = [
    ...batch.records.map(({ key, values }) => ({ native: key, values })),
    ...batch.rejected.flatMap(({ key }) => (key === null ? [] : { native: key, values: null })),
  ];
  const clues = isAtHome(by) ? await askAtHome(arrived, table, { by, ask }) : await ask(arrived);
  const { keys, recognised } = recogniseAll(batch.records, clues, table, by);
  const records = new Map<string, Prepared>();
  const rejected: Rejected[] = [];
  const known: Alias[] = [];
  for (const [n, record] of batch.records.entries()) {
    const found = keys[n] ?? { because: 'nothing is known of it' };
    const rekeyed = 'because' in found ? null : found.key === record.key ? record : rekey(record, found.key);
    if (rekeyed === null) rejected.push(unidentified(record, found, table.mapped));
    else {
      records.set(rekeyed.key, rekeyed);
      if (clues[n]?.alias !== rekeyed.key) known.push([record.key, rekeyed.key, isNew(found)]);
    }
  }
  const seen = rejectsSeen(batch.rejected, clues.slice(batch.records.length), table, by);
  const aliases = { adapter: by.adapter, known };
  return { ...batch, records: [...records.values()], rejected: [...seen, ...rejected], aliases, recognised };
}

/** At home nearly all are known by their keys: only of the others is asked what looks like them, which may cost a lot. */
async function askAtHome(
  arrived: readonly Arrived[],
  table: ResourceTable,
  { by, ask }: Source,
): Promise<readonly Clues[]> {
  const byKey = await ask(arrived.map(nativeOnly));
  const strange = arrived.filter(
    ({ native, values }, n) => values !== null && knownKey(native, byKey[n] ?? noClues, table, by) === null,
  );
  if (strange.length === 0) return byKey;
  const told = await ask(strange);
  const more = new Map(strange.map((each, n) => [each, told[n]]));
  return arrived.map((each, n) => more.get(each) ?? byKey[n] ?? noClues);
}

/** The keys of records of which only native keys are told; what an adapter that is not at home has never brought has none. */
export async function keysOfNatives(
  natives: readonly string[],
  { table, rekey }: MatchedResource,
  { by, ask }: Source,
): Promise<readonly string[]> {
  if (!rekey || natives.length === 0) return natives;
  const clues = await ask(natives.map((native) => nativeOnly({ native })));
  return natives.flatMap((native, n) => knownKey(native, clues[n] ?? noClues, table, by) ?? []);
}

function isNew(found: Finding): boolean {
  return 'by' in found && found.by === 'none';
}

/** Without a key it counts as any record: what it is may be there under any key. */
function unidentified({ values }: Prepared, found: Finding, columns: readonly Column[]): Rejected {
  const because = 'because' in found ? found.because : `is the row ${found.key}, whose key is none of this schema`;
  const raw = Object.fromEntries(columns.map(({ name }, at) => [name, values[at] ?? null]));
  return { key: null, reasons: [because], raw };
}

/**
 * A rejected record is there, under its own key where that is known. One that never came before might be any that another
 * adapter has brought; where there was no other, a native key that nobody bears is its key.
 */
function rejectsSeen(
  rejected: readonly Rejected[],
  clues: readonly Clues[],
  table: ResourceTable,
  by: Bringer,
): Rejected[] {
  let n = 0;
  return rejected.map((reject) => {
    if (reject.key === null) return reject;
    const clue = clues[n++] ?? noClues;
    const key = knownKey(reject.key, clue, table, by);
    if (key !== null) return { ...reject, key };
    if (by.isAlone && clue.namesake === null) return reject;
    const reason = `and its id at ${by.adapter}, ${reject.key}, is not known yet, so that it might be any record`;
    return { ...reject, key: null, reasons: [...reject.reasons, reason] };
  });
}

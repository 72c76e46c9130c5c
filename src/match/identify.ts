import { type Alias, type Aliases, type Arrived, type Clues, nativeOnly, noClues } from '../identity.ts';
import type { Column, Prepared, RecordBatch, Rejected, Rekey } from '../record.ts';
import type { ResourceTable } from '../table.ts';
import { type Bringer, type Finding, isAtHome, knownKey, type Recognised, recogniseAll } from './recognise.ts';

/** What matching needs to know of a resource. Without `rekey`, the native key of a record is its key. */
export interface MatchedResource {
  readonly table: ResourceTable;
  readonly rekey?: Rekey;
}

/** Asks for clues to which records have arrived: of the target, and in a dry run also of what it has recognised so far. */
export type AskClues = (arrived: readonly Arrived[]) => Promise<readonly Clues[]>;

/** Where records come from, and how to ask which of our records they are. */
export interface Source {
  readonly by: Bringer;
  readonly ask: AskClues;
}

/** A batch whose records have the system's keys. */
export interface Identified extends RecordBatch {
  /** Aliases to store with it; absent if the native keys are the keys. */
  readonly aliases?: Aliases;
  readonly recognised?: Recognised;
}

/**
 * Finds out which of our records a batch has brought, if the resource has fields to match by.
 *
 * 1. A record that came before under its native key is known.
 * 2. At home, the native key of one of our records is its key.
 * 3. Otherwise it is the only row with the same match fields that is not another record of this adapter.
 * 4. Otherwise it is new, under its native key; if that is the key of another record, it is rejected.
 *
 * A record that might be any of our records is rejected without a key, so that its pass deletes nothing.
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
  const { records, rejected, known } = withKeys(batch.records, keys, clues, table.mapped, rekey);
  const seen = rejectsSeen(batch.rejected, clues.slice(batch.records.length), table, by);
  return { ...batch, records, rejected: [...seen, ...rejected], aliases: { adapter: by.adapter, known }, recognised };
}

/** At home nearly all records are known by their keys. Only the others are looked up by their fields, which may cost a lot. */
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
  const byFields = await ask(strange);
  const more = new Map(strange.map((each, n) => [each, byFields[n]]));
  return arrived.map((each, n) => more.get(each) ?? byKey[n] ?? noClues);
}

/** The keys of records of which only native keys are known. A record that an adapter away from home never brought has none. */
export async function keysOfNatives(
  natives: readonly string[],
  { table, rekey }: MatchedResource,
  { by, ask }: Source,
): Promise<readonly string[]> {
  if (!rekey || natives.length === 0) return natives;
  const clues = await ask(natives.map((native) => nativeOnly({ native })));
  return natives.flatMap((native, n) => knownKey(native, clues[n] ?? noClues, table, by) ?? []);
}

/** The records under the keys that were found, those that got none, and the aliases that are not stored yet. */
function withKeys(
  batch: readonly Prepared[],
  keys: readonly Finding[],
  clues: readonly Clues[],
  columns: readonly Column[],
  rekey: Rekey,
) {
  const records = new Map<string, Prepared>();
  const rejected: Rejected[] = [];
  const known: Alias[] = [];
  for (const [n, record] of batch.entries()) {
    const found = keys[n] ?? { because: 'nothing is known of it' };
    const rekeyed = 'because' in found ? null : found.key === record.key ? record : rekey(record, found.key);
    if (rekeyed === null) rejected.push(unidentified(record, found, columns));
    else {
      records.set(rekeyed.key, rekeyed);
      if (clues[n]?.alias !== rekeyed.key) known.push([record.key, rekeyed.key, isNew(found)]);
    }
  }
  return { records: [...records.values()], rejected, known };
}

function isNew(found: Finding): boolean {
  return 'by' in found && found.by === 'none';
}

/** It is rejected without a key: the record may be in the system under any key. */
function unidentified({ values }: Prepared, found: Finding, columns: readonly Column[]): Rejected {
  const because = 'because' in found ? found.because : `is the row ${found.key}, whose key does not fit this schema`;
  const raw = Object.fromEntries(columns.map(({ name }, at) => [name, values[at] ?? null]));
  return { key: null, reasons: [because], raw };
}

/** Gives rejected records the keys that are known, so that their rows do not count as missing. */
function rejectsSeen(
  rejected: readonly Rejected[],
  clues: readonly Clues[],
  table: ResourceTable,
  by: Bringer,
): Rejected[] {
  const left = clues.values();
  return rejected.map((reject) => {
    if (reject.key === null) return reject;
    return withKnownKey(reject, reject.key, left.next().value ?? noClues, table, by);
  });
}

/**
 * A record that never came before might be any record that another adapter has brought. If there was no other adapter, a
 * native key that no record has is its key.
 */
function withKnownKey(reject: Rejected, native: string, clue: Clues, table: ResourceTable, by: Bringer): Rejected {
  const key = knownKey(native, clue, table, by);
  if (key !== null) return { ...reject, key };
  if (by.isAlone && clue.namesake === null) return reject;
  const reason = `and its id at ${by.adapter}, ${native}, is not known yet, so that it might be any record`;
  return { ...reject, key: null, reasons: [...reject.reasons, reason] };
}

import { createHash, type Hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ChangesPage, SnapshotPage } from '../adapter.ts';
import { type ChangeCounts, noChanges, sumCounts } from '../change.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { crashPoint } from '../crash.ts';
import { ProtocolError } from '../errors.ts';
import { type AskClues, bringerOf, identify, keysOfNatives, type Source } from '../match/identify.ts';
import type { Progress } from '../progress.ts';
import type { Prepared, RecordBatch } from '../record.ts';
import type { TargetReader } from '../target.ts';
import type { BatchSize } from './batches.ts';
import { type PassToWrite, type WriteDeps, writeBatch } from './commit.ts';
import { type FetchDeps, fetchPage, readBatches } from './fetch-page.ts';
import type { Resource } from './resource.ts';
import { completeUnmodified, type PageBrought, turnPage } from './transitions.ts';

export interface TakeDeps extends WriteDeps, FetchDeps {
  readonly now: () => number;
  readonly progress: Progress;
  readonly batchSize: BatchSize;
}

export interface Taken {
  readonly checkpoint: Checkpoint;
  readonly counts: ChangeCounts;
  readonly records: number;
  readonly rejected: number;
  readonly duplicates: number;
}

/**
 * Takes one page in.
 *
 * 1. Fetch it: one hit. Where nothing is new, the pass is over.
 * 2. Batch by batch: map, validate, hash; find out which records they are; compare with what is known; commit what differs.
 * 3. With the last batch, in the same transaction, the checkpoint moves on.
 */
export async function takePage(pass: PassToWrite, deps: TakeDeps): Promise<Taken> {
  const page = await fetchPage(pass.resource.table.resource, pass.checkpoint, deps);
  crashPoint('after-response');
  if (page.mode === 'not-modified') return endUnmodified(pass, deps);
  await forgetValidators(pass, deps);
  const content = isOnlyPage(pass.checkpoint, page) ? null : createHash('sha256');
  const taken: Tally = { counts: noChanges, records: 0, rejected: 0, duplicates: 0, keyless: 0 };
  const from = arrivingFrom(pass, deps);
  const gone = await goneIn(page, pass.resource, from, deps);
  if (page.isLog) pass.seen.removeAll(gone);
  const brought = once(() => broughtBy(page, taken, content, gone));
  const after = (refused: number) => {
    const { rejected } = brought();
    return turnPage(pass.checkpoint, { ...brought(), rejected: rejected + refused }, pass.resource.maxPages);
  };
  const retry = new Map<string, Prepared>();
  let checkpoint: Checkpoint | undefined;

  for await (const read of readBatches(page, pass.resource.prepare, () => deps.batchSize.value, deps)) {
    const batch = await identify(read, pass.resource, from);
    // Without an index a search reads the whole table, however small its batch is: smaller ones would only be more of them.
    const startedAt = performance.now();
    tally(taken, batch, content);
    const written = await writeBatch(pass, batch, retry, batch.isLast ? after : undefined, deps);
    taken.counts = sumCounts(taken.counts, written.counts);
    taken.rejected += written.refused;
    checkpoint = written.checkpoint;
    deps.progress.records(pass.resource.table.resource, batch.raw);
    deps.batchSize.learn(batch.raw, performance.now() - startedAt);
    await nextTurn();
  }
  if (!checkpoint) throw new ProtocolError('the page ended without a last batch; its cursor stays where it was');
  return { ...taken, checkpoint };
}

function arrivingFrom({ resource, checkpoint }: PassToWrite, { target, adapterName }: TakeDeps): Source {
  const ask: AskClues = (arrived) => target.clues(resource.table, adapterName, arrived);
  return { by: bringerOf(checkpoint, adapterName), ask };
}

/** Only the checkpoint is written: the rows are as the last pass left them. */
async function endUnmodified({ resource, checkpoint: before }: PassToWrite, deps: TakeDeps): Promise<Taken> {
  deps.assertTrusted();
  const checkpoint = completeUnmodified(before, deps.now());
  await deps.target.save(resource.table.resource, { checkpoint, seen: null });
  return { counts: noChanges, records: 0, rejected: 0, duplicates: 0, checkpoint };
}

/** A record that this pass has brought, or brings yet, beats its tombstone, unless a log says that the tombstone is newer. */
export async function goneIn(
  page: SnapshotPage | ChangesPage,
  resource: Pick<Resource, 'table' | 'rekey'>,
  from: Source,
  { target }: { readonly target: TargetReader },
): Promise<readonly number[]> {
  const gone = page.mode === 'snapshot' ? (page.gone ?? []) : page.deleted;
  return gone.length === 0 ? [] : target.idsOf(resource.table.resource, await keysOfNatives(gone, resource, from));
}

/** Half of a page may be committed when a run dies: then the last complete pass is not what the rows hold any more. */
async function forgetValidators({ resource, checkpoint }: PassToWrite, deps: TakeDeps): Promise<void> {
  if (checkpoint.validators === null) return;
  deps.assertTrusted();
  await deps.target.save(resource.table.resource, { checkpoint: { ...checkpoint, validators: null } });
}

interface Tally {
  counts: ChangeCounts;
  records: number;
  rejected: number;
  duplicates: number;
  keyless: number;
}

function tally(taken: Tally, batch: RecordBatch, content: Hash | null): void {
  taken.records += batch.raw;
  taken.rejected += batch.rejected.length;
  taken.duplicates += batch.duplicates;
  taken.keyless += batch.rejected.filter(({ key }) => key === null).length;
  if (content) for (const { key, hash } of batch.records) content.update(`${key}\n${hash}\n`);
}

function broughtBy(
  page: SnapshotPage | ChangesPage,
  taken: Tally,
  content: Hash | null,
  gone: readonly number[],
): PageBrought {
  const { records, rejected, keyless } = taken;
  return {
    records,
    rejected,
    keyless,
    next: typeof page.next === 'function' ? page.next() : page.next,
    content: content && records > rejected ? content.digest('base64url').slice(0, 11) : null,
    bookmark: (typeof page.bookmark === 'function' ? page.bookmark() : page.bookmark) ?? null,
    isBookmarkLast: page.isLog === true || page.isBookmarkLast === true,
    ...ofMode(page, gone),
  };
}

/** What a page brings besides its records: a whole one speaks of its pass, one of changes of what is gone. */
export function ofMode(
  page: SnapshotPage | ChangesPage,
  gone: readonly number[],
): Pick<PageBrought, 'total' | 'shifted' | 'validators' | 'tombstones'> {
  const shifted = page.shifted === true;
  if (page.mode === 'changes') return { total: null, shifted, validators: null, tombstones: gone };
  const { total, validators } = page;
  return { total: total ?? null, shifted, validators: validators ?? null, tombstones: [] };
}

/** A file is one page however long it is: nothing can repeat. */
function isOnlyPage({ cursor }: Checkpoint, page: SnapshotPage | ChangesPage): boolean {
  return cursor === null && page.next === null;
}

/** The value of the first call, for every call: a transaction may be tried more than once. */
function once<T>(compute: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => {
    known ??= { value: compute() };
    return known.value;
  };
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ChangesPage, SnapshotPage } from '../../adapter.ts';
import { noChanges, sizeOf } from '../../change.ts';
import type { Checkpoint } from '../../checkpoint.ts';
import { crashPoint } from '../../crash.ts';
import { type Log, logAbout } from '../../log.ts';
import type { FieldWatch } from '../../mapped-fields.ts';
import { bringerOf } from '../../match/home.ts';
import { type AskClues, type Identified, identify, keysOfNatives, type Source } from '../../match/identify.ts';
import type { RecordBatch } from '../../record.ts';
import { assertTrusted, type RunContext } from '../../run/context.ts';
import type { TargetReader } from '../../target.ts';
import type { ChunkMemory } from '../chunks/chunk-memory.ts';
import { PathSampler } from '../paths/path-sampler.ts';
import type { PassState, Resource } from '../resource.ts';
import { completeUnmodified } from '../transitions.ts';
import type { KnownChunks } from './batches.ts';
import { BatchesAhead } from './batches-ahead.ts';
import { firstCounts } from './brought.ts';
import { PageWriter } from './commit.ts';
import { fetchPage, openPage, type PageReader, readBatches } from './fetch-page.ts';
import { lostFields } from './lost-fields.ts';
import { isOnlyPage, PageIntake, type PageTaken } from './page-intake.ts';
import { PagePhases } from './page-phases.ts';

/**
 * Takes one page in.
 *
 * 1. Fetch it: one hit. If nothing is new, the pass is over.
 * 2. Batch by batch: map, validate, hash; find out which records they are; compare them with what is known; commit what
 *    differs. While a batch is committed, the next ones are read and compared.
 * 3. With the last batch, in the same transaction, the checkpoint moves on.
 */
export async function takePage(state: PassState, run: RunContext): Promise<PageTaken> {
  const phases = new PagePhases(run.timeline, state.resource.table.resource);
  const reader = readerOf(state, phases, run);
  const page = await phases.fetch(() => fetchPage(state, reader));
  crashPoint('after-response');
  if (page.mode === 'not-modified') return endUnmodified(state, run);
  await forgetValidators(state, run);
  try {
    return await takeRecords(page, reader, { state, phases }, run);
  } finally {
    phases.end();
  }
}

function readerOf(
  state: PassState,
  phases: PagePhases,
  { thirdParty, target, log: runLog, warn, signal, lease, onHit }: RunContext,
): PageReader {
  // What an adapter warns of is in the summary.
  const log = logAbout({ ...runLog, warn }, { resource: state.resource.table.resource });
  const sending = phases.observed({ signal, mayStillSend: () => !signal.aborted && lease.isTrusted(), onHit });
  const { slots: targetSlots, refreshTokens } = target;
  return openPage(state, { thirdParty, targetSlots, refreshTokens, target, log, run: sending });
}

/** Only the checkpoint is written: the rows are as the last pass left them. */
async function endUnmodified(
  { resource, checkpoint: before, held, paths }: PassState,
  run: RunContext,
): Promise<PageTaken> {
  assertTrusted(run);
  const checkpoint = completeUnmodified(before, run.now());
  await run.target.save(resource.table.resource, { checkpoint, seen: null });
  return { counts: noChanges, records: 0, rejected: 0, duplicates: 0, checkpoint, held, paths };
}

/** Drops the stored ETag before writing. If the run dies half-way, the rows no longer match the response that it describes. */
async function forgetValidators({ resource, checkpoint }: PassState, run: RunContext): Promise<void> {
  if (checkpoint.validators === null) return;
  assertTrusted(run);
  await run.target.save(resource.table.resource, { checkpoint: { ...checkpoint, validators: null } });
}

async function takeRecords(
  page: SnapshotPage | ChangesPage,
  reader: PageReader,
  { state, phases }: { readonly state: PassState; readonly phases: PagePhases },
  run: RunContext,
): Promise<PageTaken> {
  let mappingFrom = performance.now();
  const { resource } = state;
  const source = sourceOf(state, run);
  const gone = await goneIn(page, state, source, run);
  state.seen.removeAll(gone.since);
  const watch = resource.watch?.();
  const sampler = new PathSampler();
  const origin = { gone: gone.ids, account: run.thirdParty.account, now: run.now, watch, sampler };
  const intake = new PageIntake(page, origin, state);
  const writer = new PageWriter(state, page, run);
  const prepare = sampler.around(watch?.around(resource.prepare) ?? resource.prepare);
  const chunks = await chunksOf(page, state, run);
  const known = chunks && knownChunks(chunks, { page, checkpoint: state.checkpoint, sampler, watch });
  const batching = { prepare, size: () => run.batchSize.value, ...(known && { known }) };
  // Which record it is may depend on what the batch before it writes: what has no key yet is not compared ahead.
  const compare = resource.rekey
    ? null
    : (read: RecordBatch) => writer.compare(withoutKeys(read, gone.outlived).records);
  await using ahead = new BatchesAhead(readBatches(page, batching, reader), { compare, stop: () => reader.stop() });
  for await (const { read, compared } of ahead) {
    const batch = await identify(read, resource, source);
    // The time of `identify` does not count: a search without an index reads the whole table, however small the batch is.
    const startedAt = performance.now();
    phases.add('map', mappingFrom, batch.raw);
    intake.add(batch);
    const kept = withoutKeys(batch, gone.outlived);
    const written = await writer.write(kept, compared, batch.isLast ? intake.standingAfter : undefined);
    intake.wrote(written);
    phases.add('commit', startedAt, sizeOf(written.counts));
    run.progress.records(resource.table.resource, batch.raw);
    run.batchSize.learn(batch.raw, performance.now() - startedAt, sizeOf(written.counts));
    await nextTurn();
    mappingFrom = performance.now();
  }
  const taken = intake.taken();
  chunks?.endPage(intake.content);
  noteLeftOut(intake.leftOut, resource, run);
  const lost = watch ? lostFields(watch, state.checkpoint, taken.checkpoint, resource.table.resource) : [];
  for (const warning of lost) run.warn(warning);
  return taken;
}

/** What is known of the chunks of a page; null where every record is read. */
async function chunksOf(
  page: SnapshotPage | ChangesPage,
  { chunks = null, resource }: PassState,
  { target }: RunContext,
): Promise<ChunkMemory | null> {
  if (chunks === null || page.mode !== 'snapshot' || !page.chunks || !firstCounts(page)) return null;
  await chunks.open(() => target.chunks(resource.table.resource));
  return chunks;
}

interface Looking {
  readonly page: SnapshotPage | ChangesPage;
  readonly checkpoint: Checkpoint;
  readonly sampler: PathSampler;
  readonly watch: FieldWatch | undefined;
}

/** A chunk is passed over with a look at some of its records. Of several pages, the digest of each must be known as well. */
function knownChunks(chunks: ChunkMemory, { page, checkpoint, sampler, watch }: Looking): KnownChunks {
  const isOnly = isOnlyPage(page, checkpoint);
  return {
    find(digest) {
      const known = chunks.find(digest);
      return isOnly || known?.content ? known : undefined;
    },
    passOver({ ids: { count }, kept }, chunk) {
      const picked = sampler.passOver(count, (positions) => chunk.pick(positions));
      watch?.passOver({ count, filled: kept, picked });
    },
  };
}

/** Said where somebody looks for it: a transform that leaves records out does so in every pass. */
export function noteLeftOut(count: number, { table }: Pick<Resource, 'table'>, { log }: { readonly log: Log }): void {
  if (count === 0) return;
  log.info(
    `the transform of ${table.resource} left out ${count} records of this page; rows that they have stay as they are`,
  );
}

function sourceOf({ resource, checkpoint }: PassState, { thirdParty, target }: RunContext): Source {
  const ask: AskClues = (arrived) => target.clues(resource.table, thirdParty.name, arrived);
  return { by: bringerOf(checkpoint, thirdParty.name), ask };
}

/** Ids of live records that a page says are gone. */
export interface Gone {
  readonly ids: readonly number[];
  /** Those that are gone since an earlier page brought them. All others lose to a record that the pass has brought. */
  readonly since: readonly number[];
  /** Keys of records of this page that are older than the tombstone that an earlier page had of them. */
  readonly outlived: ReadonlySet<string>;
}

/** What a page says is gone. A run and a dry run call this one function. */
export async function goneIn(
  page: SnapshotPage | ChangesPage,
  { resource, checkpoint }: Pick<PassState, 'resource' | 'checkpoint'>,
  source: Source,
  { target }: { readonly target: TargetReader },
): Promise<Gone> {
  const idsOf = async (keys: readonly string[]) =>
    keys.length === 0 ? [] : target.idsOf(resource.table.resource, await keysOfNatives(keys, resource, source));
  const { gone = [] } = page;
  const ids = await idsOf(page.mode === 'snapshot' ? gone : page.deleted);
  if (page.isLog || page.mode === 'snapshot') return { ids, since: page.isLog ? ids : [], outlived: new Set() };
  const { outlived = [] } = page;
  const buried = new Set(checkpoint.tombstones);
  const older = buried.size === 0 ? [] : (await idsOf(outlived)).filter((id) => buried.has(id));
  const rows = older.length === 0 ? [] : await target.rowsOf(resource.table, older);
  return { ids, since: await idsOf(gone), outlived: new Set(rows.map(({ key }) => key)) };
}

/** The batch without records that do not count. Their number stays. */
export function withoutKeys(batch: Identified, keys: ReadonlySet<string>): Identified {
  return keys.size === 0 ? batch : { ...batch, records: batch.records.filter(({ key }) => !keys.has(key)) };
}

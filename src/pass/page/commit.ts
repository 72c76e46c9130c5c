import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangesPage, SnapshotPage } from '../../adapter.ts';
import { allDifferent, type Batch, type Committed, type Comparison, type Found } from '../../batch.ts';
import { type ChangeCounts, noChanges, sumCounts } from '../../change.ts';
import type { Checkpoint, CheckpointToStore, ColumnCounts } from '../../checkpoint.ts';
import type { KnownChunk } from '../../chunk.ts';
import { crashPoint } from '../../crash.ts';
import { UnreachableError } from '../../errors.ts';
import { digestFields } from '../../field-digests.ts';
import type { StoredPaths } from '../../field-paths.ts';
import type { Identified } from '../../match/identify.ts';
import { type Prepared, quarantined, type Values } from '../../record.ts';
import { assertTrusted, eventOptions, type WriteContext } from '../../run/context.ts';
import type { HeldSet } from '../held-set.ts';
import { type PlannedStep, planSteps } from '../plan.ts';
import type { PassState } from '../resource.ts';
import { noteChanges } from '../transitions.ts';
import { defersIn, updateLimit } from '../updates.ts';
import { Brought, firstCounts, type Repeated } from './brought.ts';
import { rowComparison } from './compare-row.ts';
import { type ComparedRow, ComparedRows, comparedRows } from './compared-rows.ts';

export interface Written {
  readonly counts: ChangeCounts;
  /** Records that a constraint of the system refuses: quarantined, like those that were rejected. */
  readonly refused: number;
  /** What of the page has been repeated so far. */
  readonly repeated: Repeated;
  /** What is held back, with the values that the page would empty so far, and the rows that it would update. */
  readonly held: HeldSet;
  /** Where the pass stands, once the page's last batch is committed. */
  readonly standing?: Standing;
}

/** Where a pass stands, and which fields its records have. */
export interface Standing {
  readonly checkpoint: Checkpoint;
  readonly paths: StoredPaths;
}

/** What is known of a page once its last batch is planned. */
export interface PageEnd {
  /** How many records of the last batch the database refused. */
  readonly refused: number;
  readonly repeated: Repeated;
  readonly columns: ColumnCounts;
}

/**
 * Where the pass stands once the page is in. It is a candidate until the commit returns: a transaction that is repeated asks
 * again.
 */
export type AfterPage = (page: PageEnd) => Standing;

/** Writes the batches of one page, and keeps those records for later whose rows the system holds locked. */
export class PageWriter {
  readonly #state: PassState;
  readonly #run: WriteContext;
  readonly #brought: Brought;
  readonly #firstCounts: boolean;
  readonly #retry = new Map<string, Prepared>();
  /** Keys that the last write has written, or has tried to: what was known of them before it is out of date. */
  readonly #touched = new Set<string>();
  /** Keys of records that the third party has not changed, whose rows somebody else has. */
  readonly #drifted = new Set<string>();
  /** Ids of the records that the last write has written as they are, by their keys. */
  readonly #settled = new Map<string, number>();
  readonly #digest: (values: Values) => string;
  /** Whether an update waits for the end of the pass; undefined where none does. */
  readonly #defers: ((id: number) => boolean) | undefined;
  #hasForgotten = false;
  #compared: ComparedRows;
  /** All changes of the resource so far: those of a transaction count once it is committed. */
  #changed: ChangeCounts;

  constructor(state: PassState, page: SnapshotPage | ChangesPage, run: WriteContext) {
    this.#state = state;
    this.#run = run;
    this.#brought = new Brought(state.seen, page);
    this.#firstCounts = firstCounts(page);
    this.#digest = digestFields(state.resource.table.mapped);
    this.#defers = defersIn(state);
    this.#compared = new ComparedRows(state.resource.table.mapped, state.held);
    this.#changed = state.checkpoint.totals ?? noChanges;
  }

  /** Compares the hashes of records with ours. */
  async compare(records: readonly Prepared[]): Promise<Comparison> {
    if (records.length === 0) return allDifferent(records);
    const entries = records.map(({ key, hash }) => [key, hash] as const);
    return this.#run.target.compare(this.#state.resource.table, entries);
  }

  /**
   * Writes what differs. If nothing differs and it is not the last batch, nothing is written. `early` has how the records
   * compared when the write before this one began.
   */
  async write(read: Identified, early: Comparison | null, afterPage: AfterPage | undefined): Promise<Written> {
    for (const chunk of read.chunks?.known ?? []) await this.#passOver(chunk);
    const isOutOfDate = read.records.some(({ key }) => this.#touched.has(key));
    this.#touched.clear();
    const batch = { ...read, records: this.#withoutWaiting(read.records), rejected: quarantined(read.rejected) };
    const found = early && !isOutOfDate ? early : await this.compare(batch.records);
    const compared = await this.#withoutDriftedIn(batch, found);
    const unchanged = read.chunks ? this.#idsOfUnchanged(batch.records, compared) : [];
    this.#noteUnchanged(batch.records, compared);
    this.#brought.add(compared.unchanged);
    await this.#seeRejected(read);
    this.#retryDifferent(batch, compared.different);
    const written = await this.#writeDifferent(batch, afterPage);
    if (read.chunks) this.#noteChunks(read, batch.records, unchanged);
    this.#settled.clear();
    return written;
  }

  async #writeDifferent(batch: Identified, afterPage: AfterPage | undefined): Promise<Written> {
    const { resource, seen } = this.#state;
    const { target } = this.#run;
    if (this.#retry.size > 0 || batch.rejected.length > 0 || (batch.aliases?.known.length ?? 0) > 0) {
      return afterPage ? this.#commitUntilFree(batch, afterPage) : this.#commitOnce(batch, undefined);
    }
    const { repeated } = this.#brought;
    const held = this.#held();
    if (!afterPage) return { counts: noChanges, refused: 0, repeated, held };
    assertTrusted(this.#run);
    const page = { refused: 0, repeated, columns: this.#compared.counts };
    const standing = this.#standing(afterPage(page), noChanges);
    const sets = { seen: seen.serialize(), ...this.#heldToStore() };
    await target.save(resource.table.resource, { ...toStore(standing), ...sets });
    return { counts: noChanges, refused: 0, repeated, held, standing };
  }

  /**
   * A chunk that the last pass has found in our rows: its records are there, as if they had been read and compared. Where another
   * record of one of its keys came first, the row has that one's values, and the chunk is not known any more.
   */
  async #passOver(chunk: KnownChunk): Promise<void> {
    const ids = await this.#withoutWaitingIds(chunk.ids.ids());
    const counting = ids.filter((id) => !this.#brought.isRepeated(id));
    this.#compared.noteKept(chunk.kept);
    this.#compared.keepAll(counting);
    this.#brought.add(ids);
    if (counting.length === chunk.ids.count) this.#state.chunks?.keep(chunk);
  }

  /** As of records that are read, the first one of a key counts, also while it waits for its row. */
  async #withoutWaitingIds(ids: readonly number[]): Promise<readonly number[]> {
    if (this.#retry.size === 0) return ids;
    const waiting = new Set(await this.#run.target.idsOf(this.#state.resource.table.resource, [...this.#retry.keys()]));
    const others = ids.filter((id) => !waiting.has(id));
    this.#brought.repeat(ids.length - others.length);
    return others;
  }

  /** For each record, the id of the row that has its values; null where it differs, or does not count. */
  #idsOfUnchanged(records: readonly Prepared[], { unchanged, different }: Comparison): (number | null)[] {
    const others = new Set(different);
    let next = 0;
    return records.map((_record, at) => {
      if (others.has(at)) return null;
      const id = unchanged[next] ?? null;
      next += 1;
      return id === null || this.#brought.isRepeated(id) ? null : id;
    });
  }

  /** Which records of the batch's chunks are in our rows as they are, now that it is written. */
  #noteChunks(
    { chunks, records: all }: Identified,
    records: readonly Prepared[],
    unchanged: readonly (number | null)[],
  ) {
    const ids = records.map(({ key }, at) => unchanged[at] ?? this.#settled.get(key) ?? null);
    // Where some wait for their rows, their chunk is noted in the next pass.
    this.#state.chunks?.note(chunks?.read ?? [], all, records.length === all.length ? ids : []);
  }

  /** A record whose hash is equal has the values of its row. */
  #noteUnchanged(records: readonly Prepared[], { unchanged, different }: Comparison): void {
    const others = new Set(different);
    if (others.size < records.length)
      for (const [at, { values }] of records.entries()) if (!others.has(at)) this.#compared.noteUnchanged(values);
    this.#compared.keepAll(unchanged.filter((id) => !this.#brought.isRepeated(id)));
  }

  /** What is held back, with what the pass would empty after this page. */
  #held({ changesHeld, pending, deferred } = this.#compared): HeldSet {
    const { held } = this.#state;
    return changesHeld ? held.with({ pending, deferred }) : held;
  }

  #heldToStore(compared = this.#compared) {
    return compared.changesHeld ? { held: this.#held(compared).serialize() } : {};
  }

  /** Where the first record of a key counts, it does so also while it waits for its row. */
  #withoutWaiting(records: readonly Prepared[]): readonly Prepared[] {
    if (!this.#firstCounts || this.#retry.size === 0) return records;
    const others = records.filter(({ key }) => !this.#retry.has(key));
    this.#brought.repeat(records.length - others.length);
    return others;
  }

  /** A rejected record is there: its row must not count as missing. */
  async #seeRejected({ rejected }: Identified): Promise<void> {
    const { resource } = this.#state;
    const keys = rejected.flatMap(({ key }) => (key === null ? [] : [key]));
    if (keys.length > 0) this.#brought.addRejected(await this.#run.target.idsOf(resource.table.resource, keys));
  }

  /** In a pass that compares every row, a record differs also where its row is not as it was written. */
  async #withoutDriftedIn({ records }: Identified, compared: Comparison): Promise<Comparison> {
    const { resource, checkpoint } = this.#state;
    if (!checkpoint.verifies || compared.unchanged.length === 0) return compared;
    const compare = rowComparison(resource, true);
    const known = await this.#run.target.known(resource.table, { ids: compared.unchanged });
    const drifted = new Map(known.filter((row) => compare(row) !== 'same').map(({ key, id }) => [key, id]));
    for (const key of drifted.keys()) this.#drifted.add(key);
    const ids = new Set(drifted.values());
    return {
      unchanged: compared.unchanged.filter((id) => !ids.has(id)),
      different: [...compared.different, ...records.flatMap(({ key }, at) => (drifted.has(key) ? at : []))],
    };
  }

  /** What is known of a row that somebody else has changed does not count. */
  #withoutDrifted(records: readonly Prepared[], found: readonly Found[]): readonly Found[] {
    if (this.#drifted.size === 0) return found;
    return found.map((each, at) =>
      each.entry && this.#drifted.has(records[at]?.key ?? '') ? { ...each, entry: { ...each.entry, hash: '' } } : each,
    );
  }

  /** Where the later of two records with one key counts, it does so also if the earlier one is still waiting for its row. */
  #retryDifferent({ records }: Identified, different: readonly number[]): void {
    if (this.#retry.size > 0) for (const { key } of records) this.#retry.delete(key);
    for (const at of different) {
      const record = records[at];
      if (record) this.#retry.set(record.key, record);
    }
  }

  /** Commits the page's last batch with the checkpoint, as soon as the system holds none of its rows locked. */
  async #commitUntilFree(batch: Identified, afterPage: AfterPage): Promise<Written> {
    const until = performance.now() + this.#run.timings.targetBusyMs;
    const { aliases: _kept, ...batchAlone } = batch;
    const rest = { ...batchAlone, rejected: [] };
    let written = await this.#commitOnce(batch, afterPage);
    while (this.#retry.size > 0) {
      if (performance.now() > until) throw this.#stillLocked();
      await sleep(100, undefined, { signal: this.#run.signal });
      const before = written;
      const more = await this.#commitOnce(rest, (page) =>
        afterPage({ ...page, refused: before.refused + page.refused }),
      );
      written = {
        ...more,
        counts: sumCounts(before.counts, more.counts),
        refused: before.refused + more.refused,
      };
    }
    return written;
  }

  #stillLocked(): UnreachableError {
    return new UnreachableError(
      `the system has kept ${this.#retry.size} rows of ${this.#state.resource.table.table} locked; ` +
        'the cursor stays where it was, and the next run continues from there',
    );
  }

  /**
   * One transaction. A record whose row is locked stays in `#retry`; while there is one, the checkpoint is not stored. Within a
   * page only the totals of the checkpoint move, and what is known of the answers of the last pass stays dropped.
   */
  async #commitOnce(batch: Identified, afterPage: AfterPage | undefined): Promise<Written> {
    const { resource, checkpoint: before, seen } = this.#state;
    const { target, signal, events, committed: noteCommit } = this.#run;
    const records = [...this.#retry.values()];
    for (const { key } of records) this.#touched.add(key);
    let candidate: Standing | undefined;
    const planned: PlannedStep[] = [];
    const compared = new Map<string, ComparedRow>();
    const isRepeated = (id: number) => this.#brought.isRepeated(id);
    const plan: Batch['plan'] = (wanted, known) => {
      const found = this.#withoutDrifted(wanted, known);
      const { verifies } = before;
      const [hash, digest, defers] = [resource.hash, this.#digest, this.#defers];
      const columns = resource.table.mapped;
      const steps = planSteps(wanted, found, { isRepeated, hash, digest, defers, verifies, columns });
      if (compared.size > 0) for (const { key } of wanted) compared.delete(key);
      for (const [key, row] of comparedRows(steps, found, isRepeated)) compared.set(key, row);
      const kept = this.#keepable(steps, found);
      planned.push(...kept);
      return kept;
    };
    const checkpoint = (ids: readonly number[], counts: ChangeCounts, refused: number) => {
      if (!afterPage) return { checkpoint: this.#noted({ ...before, validators: null, chunks: null }, counts) };
      const after = this.#compared.with(compared.values());
      const page = { refused, repeated: this.#brought.repeatedWith(ids), columns: after.counts };
      candidate = this.#standing(afterPage(page), counts);
      return { ...toStore(candidate), seen: seen.with(ids).serialize(), ...this.#heldToStore(after) };
    };
    assertTrusted(this.#run);
    await this.#forgetChunks();
    const committed = await target.commit(
      {
        table: resource.table,
        records,
        plan,
        rejected: batch.rejected,
        aliases: batch.aliases,
        pass: before.pass,
        events: eventOptions(before, events),
        checkpoint,
      },
      signal,
    );
    crashPoint('committed');
    this.#brought.add(committed.ids);
    if (this.#state.chunks) this.#settle(planned, committed);
    for (const key of committed.busy) compared.delete(key);
    this.#compared = this.#compared.with(compared.values());
    this.#keepBusy(records, committed.busy);
    this.#changed = sumCounts(this.#changed, committed.counts);
    await noteCommit(resource.table.resource, committed.counts);
    const { counts, refused } = committed;
    const { repeated } = this.#brought;
    return {
      counts,
      refused: refused.length,
      repeated,
      held: this.#held(),
      ...(candidate && { standing: candidate }),
    };
  }

  /** Before the first write: the target may write in several transactions, and stores the checkpoint with the last one only. */
  async #forgetChunks(): Promise<void> {
    const { resource, checkpoint: before } = this.#state;
    if (this.#hasForgotten || (before.chunks ?? null) === null) return;
    this.#hasForgotten = true;
    const checkpoint = this.#noted({ ...before, validators: null, chunks: null }, noChanges);
    await this.#run.target.save(resource.table.resource, { checkpoint });
  }

  /**
   * Notes what was written as it is: the entry of such a record has its hash. Where records were planned again, because their
   * transaction was repeated or was too long, nobody knows whose ids these are.
   */
  #settle(steps: readonly PlannedStep[], { ids, refused, busy }: Committed): void {
    if (refused.length + busy.length > 0 || ids.length !== steps.length) return;
    for (const [at, { record, change, emptied }] of steps.entries()) {
      const id = ids[at];
      const isWritten = change === 'refresh' || typeof change === 'object';
      if (isWritten && emptied.length === 0 && id !== undefined) this.#settled.set(record.key, id);
    }
  }

  #standing({ checkpoint, paths }: Standing, counts: ChangeCounts): Standing {
    return { checkpoint: this.#noted(checkpoint, counts), paths };
  }

  /** With all changes of the resource, once these are committed as well. */
  #noted(checkpoint: Checkpoint, counts: ChangeCounts): Checkpoint {
    return noteChanges(checkpoint, sumCounts(this.#changed, counts), this.#run.now());
  }

  /**
   * Once there are more updates than the guard allows, no more of them are kept for the end. What is kept already is replaced all
   * the same: later pages may take so many back that the guard allows the rest.
   */
  #keepable(steps: readonly PlannedStep[], found: readonly Found[]): readonly PlannedStep[] {
    const { resource, checkpoint } = this.#state;
    const limit = updateLimit(checkpoint, resource.guard);
    const { deferred } = this.#compared;
    if (limit === null || deferred.count <= limit.allowed) return steps;
    const isKept = (at: number) => deferred.has(found[at]?.entry?.id ?? 0);
    return steps.map((step, at) => (step.change === 'defer' && !isKept(at) ? { ...step, change: 'none' } : step));
  }

  #keepBusy(records: readonly Prepared[], busy: readonly string[]): void {
    const held = new Set(busy);
    this.#retry.clear();
    for (const record of records) if (held.has(record.key)) this.#retry.set(record.key, record);
  }
}

function toStore({ checkpoint, paths }: Standing): CheckpointToStore {
  return { checkpoint, paths: JSON.stringify(paths) };
}

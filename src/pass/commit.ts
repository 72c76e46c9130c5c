import { setTimeout as sleep } from 'node:timers/promises';
import type { Comparison, Found, Step } from '../batch.ts';
import { type ChangeCounts, noChanges, sumCounts } from '../change.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { crashPoint } from '../crash.ts';
import { UnreachableError } from '../errors.ts';
import type { Identified } from '../match/identify.ts';
import type { Prepared } from '../record.ts';
import { assertTrusted, eventOptions, type WriteContext } from '../run/context.ts';
import { rowComparison } from './compare-row.ts';
import { planSteps } from './plan.ts';
import type { PassState } from './resource.ts';

export interface Written {
  readonly counts: ChangeCounts;
  /** Records that a constraint of the system refuses: quarantined, like those that were rejected. */
  readonly refused: number;
  /** Where the pass stands, once the page's last batch is committed. */
  readonly checkpoint?: Checkpoint;
}

/**
 * Where the pass stands once the page is in, given how many records of its last batch the database refused. It is a
 * candidate until the commit returns: a transaction that is repeated asks again.
 */
export type AfterPage = (refused: number) => Checkpoint;

/** Writes the batches of one page, and keeps those records for later whose rows the system holds locked. */
export class PageWriter {
  readonly #state: PassState;
  readonly #run: WriteContext;
  readonly #retry = new Map<string, Prepared>();
  /** Keys of records that the third party has not changed, whose rows somebody else has. */
  readonly #drifted = new Set<string>();

  constructor(state: PassState, run: WriteContext) {
    this.#state = state;
    this.#run = run;
  }

  /** Writes what differs. If nothing differs and it is not the last batch, nothing is written. */
  async write(batch: Identified, afterPage: AfterPage | undefined): Promise<Written> {
    const { resource, seen } = this.#state;
    const { target } = this.#run;
    const entries = batch.records.map(({ key, hash }) => [key, hash] as const);
    const compared = await target.compare(resource.table, entries);
    seen.addAll(compared.unchanged);
    await this.#seeRejected(batch);
    this.#retryDifferent(batch, [...compared.different, ...(await this.#driftedIn(batch, compared))]);
    if (this.#retry.size > 0 || batch.rejected.length > 0 || (batch.aliases?.known.length ?? 0) > 0) {
      return afterPage ? this.#commitUntilFree(batch, afterPage) : this.#commitOnce(batch, undefined);
    }
    if (!afterPage) return { counts: noChanges, refused: 0 };
    assertTrusted(this.#run);
    const checkpoint = afterPage(0);
    await target.save(resource.table.resource, { checkpoint, seen: seen.serialize() });
    return { counts: noChanges, refused: 0, checkpoint };
  }

  /** A rejected record is there: its row must not count as missing. */
  async #seeRejected({ rejected }: Identified): Promise<void> {
    const { resource, seen } = this.#state;
    const keys = rejected.flatMap(({ key }) => (key === null ? [] : [key]));
    if (keys.length > 0) seen.addAll(await this.#run.target.idsOf(resource.table.resource, keys));
  }

  /** The positions of the records whose rows are not as they were written, in a pass that compares every row. */
  async #driftedIn({ records }: Identified, { unchanged }: Comparison): Promise<number[]> {
    const { resource, checkpoint } = this.#state;
    if (!checkpoint.verifies || unchanged.length === 0) return [];
    const compare = rowComparison(resource, true);
    const known = await this.#run.target.known(resource.table, { ids: unchanged });
    const drifted = new Set(known.filter((row) => compare(row) !== 'same').map(({ key }) => key));
    for (const key of drifted) this.#drifted.add(key);
    return records.flatMap(({ key }, at) => (drifted.has(key) ? at : []));
  }

  /** What is known of a row that somebody else has changed does not count. */
  #plan(records: readonly Prepared[], found: readonly Found[]): Step[] {
    const forgotten = found.map((each, at) =>
      each.entry && this.#drifted.has(records[at]?.key ?? '') ? { ...each, entry: { ...each.entry, hash: '' } } : each,
    );
    return planSteps(records, forgotten);
  }

  /** Of two records with one key the later counts, also if the earlier one is still waiting for its row. */
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
      const more = await this.#commitOnce(rest, (refused) => afterPage(before.refused + refused));
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

  /** One transaction. A record whose row is locked stays in `#retry`; while there is one, the checkpoint is not stored. */
  async #commitOnce(batch: Identified, afterPage: AfterPage | undefined): Promise<Written> {
    const { resource, checkpoint: before, seen } = this.#state;
    const { target, signal, events, committed: noteCommit } = this.#run;
    const records = [...this.#retry.values()];
    let candidate: Checkpoint | undefined;
    const checkpoint = (ids: readonly number[], _counts: ChangeCounts, refused: number) => {
      candidate = afterPage?.(refused) ?? before;
      return { checkpoint: candidate, seen: seen.with(ids).serialize() };
    };
    assertTrusted(this.#run);
    const committed = await target.commit(
      {
        table: resource.table,
        records,
        plan: (planned, found) => this.#plan(planned, found),
        rejected: batch.rejected,
        aliases: batch.aliases,
        pass: before.pass,
        events: eventOptions(before, events),
        ...(afterPage && { checkpoint }),
      },
      signal,
    );
    crashPoint('committed');
    seen.addAll(committed.ids);
    this.#keepBusy(records, committed.busy);
    await noteCommit(committed.counts);
    const { counts, refused } = committed;
    return { counts, refused: refused.length, ...(candidate && { checkpoint: candidate }) };
  }

  #keepBusy(records: readonly Prepared[], busy: readonly string[]): void {
    const held = new Set(busy);
    this.#retry.clear();
    for (const record of records) if (held.has(record.key)) this.#retry.set(record.key, record);
  }
}

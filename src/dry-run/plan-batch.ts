import type { ChangesPage, SnapshotPage } from '../adapter.ts';
import { allDifferent, type Comparison, type Found } from '../batch.ts';
import type { Change } from '../change.ts';
import { digestFields } from '../field-digests.ts';
import type { Identified } from '../match/identify.ts';
import { Brought, firstCounts, type Repeated } from '../pass/page/brought.ts';
import { ComparedRows, comparedRows } from '../pass/page/compared-rows.ts';
import { type PlannedStep, planSteps } from '../pass/plan.ts';
import type { PassState } from '../pass/resource.ts';
import { defersIn } from '../pass/updates.ts';
import type { Prepared } from '../record.ts';
import type { DryRunContext } from './context.ts';

/** Plans the batches of one page into the spool, and marks what they have brought as seen. */
export class PagePlanner {
  readonly #state: PassState;
  readonly #context: DryRunContext;
  readonly #brought: Brought;
  readonly #firstCounts: boolean;
  #compared: ComparedRows;
  /** Keys that this page was the first to bring, and that the system does not have; null on the first page, where all are. */
  readonly #newKeys: Set<string> | null;
  /** Nothing that is known of the rows counts: the table is another one, or new. */
  readonly #isForgotten: boolean;

  constructor(
    state: PassState,
    page: SnapshotPage | ChangesPage,
    context: DryRunContext,
    { isForgotten }: { readonly isForgotten: boolean },
  ) {
    this.#state = state;
    this.#context = context;
    this.#isForgotten = isForgotten;
    this.#brought = new Brought(state.seen, page);
    this.#firstCounts = firstCounts(page);
    this.#compared = new ComparedRows(state.resource.table.mapped, state.held);
    this.#newKeys = state.checkpoint.progress.pages === 0 ? null : new Set();
  }

  /** What of the page has been compared so far. */
  get compared(): ComparedRows {
    return this.#compared;
  }

  /** What of the page has been repeated so far. */
  get repeated(): Repeated {
    return this.#brought.repeated;
  }

  /**
   * Puts into the spool what a run would write of a batch. Where the later of two records with one key counts, a change that
   * it takes back leaves the spool. Returns how many records would stay as they are.
   */
  async plan(batch: Identified): Promise<number> {
    const { target, spool } = this.#context;
    const { table } = this.#state.resource;
    const { records, rejected, aliases } = batch;
    if (aliases) spool.remember(table.resource, aliases.known);
    const before = total(this.repeated);
    const entries = records.map(({ key, hash }) => [key, hash] as const);
    const compared = this.#isForgotten ? allDifferent(entries) : await target.compare(table, entries);
    this.#noteUnchanged(records, compared);
    this.#brought.add(compared.unchanged);
    const changes = await this.#changesOf(compared.different.flatMap((at) => records[at] ?? []));
    const rejectedKeys = rejected.flatMap(({ key }) => key ?? []);
    this.#brought.addRejected(await target.idsOf(table.resource, rejectedKeys));

    const changing = new Set(changes.map(({ key }) => key));
    const unchanged = records.map(({ key }) => key).filter((key) => !changing.has(key));
    if (!this.#firstCounts) spool.drop(table.resource, unchanged);
    spool.put(table.resource, changes);
    return unchanged.length - (total(this.repeated) - before);
  }

  #noteUnchanged(records: readonly Prepared[], { unchanged, different }: Comparison): void {
    const others = new Set(different);
    for (const [at, { values }] of records.entries()) if (!others.has(at)) this.#compared.noteUnchanged(values);
    this.#compared.keepAll(unchanged.filter((id) => !this.#brought.isRepeated(id)));
  }

  async #changesOf(different: readonly Prepared[]) {
    const { target } = this.#context;
    const found = await target.find(this.#state.resource.table, different);
    const fresh = this.#withoutPlanned(different, found);
    const isRepeated = (id: number) => this.#brought.isRepeated(id);
    const { resource, checkpoint } = this.#state;
    const { mapped: columns } = resource.table;
    const digest = digestFields(columns);
    const { verifies } = checkpoint;
    const options = { isRepeated, hash: resource.hash, digest, defers: defersIn(this.#state), verifies, columns };
    const keeping = planSteps(fresh.records, fresh.found, options);
    this.#compared = this.#compared.with(comparedRows(keeping, fresh.found, isRepeated).values());
    const steps = planSteps(fresh.records, fresh.found, { isRepeated, columns });
    this.#brought.add(found.flatMap(({ entry }) => (entry && !entry.deleted ? entry.id : [])));
    return steps.flatMap(({ change }, at) => (typeof change === 'string' ? [] : [asWritten(change, keeping[at])]));
  }

  /** Where the first record of a key counts, leaves out those that the system does not have and that are planned already. */
  #withoutPlanned(records: readonly Prepared[], found: readonly Found[]) {
    if (!this.#firstCounts) return { records, found };
    const isNew = (n: number) => found[n]?.entry?.deleted !== false;
    const keys = records.filter((_, n) => isNew(n)).map(({ key }) => key);
    const planned = this.#context.spool.planned(this.#state.resource.table.resource, keys);
    for (const key of planned) {
      if (this.#newKeys === null || this.#newKeys.has(key)) this.#brought.repeat(1);
      else this.#brought.repeat(0, 1);
    }
    for (const key of keys) if (!planned.has(key)) this.#newKeys?.add(key);
    const isFresh = (n: number) => !isNew(n) || !planned.has(records[n]?.key ?? '');
    return { records: records.filter((_, n) => isFresh(n)), found: found.filter((_, n) => isFresh(n)) };
  }
}

/** Of a record that writes nothing while its row keeps its values, only these values become empty, at the end of the pass. */
function asWritten(change: Change, keeping: PlannedStep | undefined): Change {
  if (change.type !== 'updated' || keeping?.change !== 'none') return change;
  const { emptied } = keeping;
  const after = change.before.map((value, at) => (emptied.includes(at) ? null : value));
  return { ...change, after, changed: emptied };
}

function total({ duplicates, again }: Repeated): number {
  return duplicates + again;
}

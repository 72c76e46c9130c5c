import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ChangesPage, SnapshotPage } from '../adapter.ts';
import type { Checkpoint, HeldEmptied, HeldUpdates } from '../checkpoint.ts';
import type { DriftCounts } from '../drift.ts';
import { noPaths } from '../field-paths.ts';
import type { FieldWatch } from '../mapped-fields.ts';
import { bringerOf } from '../match/home.ts';
import { identify, type Source } from '../match/identify.ts';
import { beginPass } from '../pass/begin.ts';
import { judgeEndUpdates, updatedIn } from '../pass/end/end-updates.ts';
import { HeldSet, heldAtStart } from '../pass/held-set.ts';
import { firstCounts } from '../pass/page/brought.ts';
import { fetchAlways, openPage, type PageReader, readBatches } from '../pass/page/fetch-page.ts';
import { lostFields } from '../pass/page/lost-fields.ts';
import { ofMode } from '../pass/page/page-intake.ts';
import { goneIn, noteLeftOut, withoutKeys } from '../pass/page/take-page.ts';
import { turnPage } from '../pass/page/turn-page.ts';
import type { PassState, Resource } from '../pass/resource.ts';
import { SeenSet } from '../pass/seen-set.ts';
import { startPass, wholeMode } from '../pass/transitions.ts';
import { quarantined } from '../record.ts';
import { countsOf } from '../verify/findings.ts';
import { lookAtSample } from '../verify/sample.ts';
import { askInDryRun } from './clues.ts';
import type { DryRunContext } from './context.ts';
import { type PlannedDeletes, planDeletes } from './deletes.ts';
import { planEmptied } from './emptied.ts';
import { Findings } from './findings.ts';
import { PagePlanner } from './plan-batch.ts';
import type { ResourcePlan, TablePlan } from './resource-plan.ts';

export interface DryPassOptions {
  readonly maxPages: number;
  readonly isFull?: boolean | undefined;
  readonly onHit: () => void;
}

/** The table before the run. */
export interface InspectedTable {
  readonly plan: TablePlan;
  /** The run would compare every record with its row. */
  readonly isForgotten: boolean;
}

/** What is known of a page before its records are read. */
interface Looking {
  readonly watch: FieldWatch | undefined;
  /** Keys of records that do not count. */
  readonly outlived: ReadonlySet<string>;
}

/** Records that are mapped and compared at once. */
const recordsPerBatch = 2000;

/** A pass of its own over one resource, planned into the spool. It stores nothing in the target. */
export class DryPass {
  readonly #table: InspectedTable;
  readonly #context: DryRunContext;
  readonly #findings = new Findings();
  #state: PassState;
  #deletes: PlannedDeletes | null = null;
  #drift: DriftCounts | null = null;
  #emptied: HeldEmptied | null = null;
  #updates: HeldUpdates | null = null;

  constructor(resource: Resource, table: InspectedTable, context: DryRunContext) {
    this.#table = table;
    this.#context = context;
    const checkpoint = startPass(null, resource.shape, 'snapshot', context.now());
    const paths = noPaths(resource.shape);
    this.#state = { resource, checkpoint, seen: new SeenSet(), held: new HeldSet(), paths };
  }

  async walk(options: DryPassOptions): Promise<void> {
    this.#state = await this.#started(options);
    while (this.#isIn('walking') && this.#pages < options.maxPages) {
      await this.#takePage(options);
      this.#context.progress.page(this.#name, this.#pages);
    }
    if (!this.#isIn('deleting')) return;
    await this.#planDeletes();
    if (!this.#table.isForgotten) this.#drift = await this.#lookForDrift();
  }

  plan(): ResourcePlan {
    const { records, rejected, duplicates, rejects, unchanged, recognised } = this.#findings.totals();
    return {
      resource: this.#name,
      isComplete: this.#isIn('deleting'),
      pages: this.#pages,
      records,
      rejected,
      duplicates,
      rejects,
      hasTooManyRejects: this.#deletes?.hasTooManyRejects ?? false,
      hasTooManyDuplicates: this.#deletes?.hasTooManyDuplicates ?? false,
      isIncomplete: this.#deletes?.isIncomplete ?? false,
      unchanged,
      counts: this.#context.spool.counts(this.#name),
      unconfirmed: this.#deletes?.unconfirmed ?? 0,
      verdict: this.#deletes?.verdict ?? null,
      drift: this.#drift,
      emptied: this.#emptied,
      updates: this.#updates,
      ...(recognised && { recognised }),
      table: this.#table.plan,
    };
  }

  get #name(): string {
    return this.#state.resource.table.resource;
  }

  get #pages(): number {
    return this.#state.checkpoint.progress.pages;
  }

  #isIn(phase: Checkpoint['phase']): boolean {
    return this.#state.checkpoint.phase === phase;
  }

  #moveTo(checkpoint: Checkpoint): void {
    this.#state = { ...this.#state, checkpoint };
  }

  async #started({ isFull }: DryPassOptions): Promise<PassState> {
    const { target, thirdParty } = this.#context;
    const stored = await target.pass(this.#name);
    const last = stored?.checkpoint ?? null;
    const before = last && isFull ? { ...last, bookmark: null } : last;
    const mode = wholeMode(thirdParty.adapter.modes(this.#name));
    const checkpoint = await beginPass(before, this.#state.resource, mode, this.#context);
    return { ...this.#state, checkpoint, held: heldAtStart(HeldSet.restore(stored?.held ?? null), checkpoint) };
  }

  async #takePage(options: DryPassOptions): Promise<void> {
    const { resource, checkpoint, seen } = this.#state;
    const reader = this.#open(options);
    const page = await fetchAlways(this.#state, reader);
    const gone = await goneIn(page, this.#state, this.#source(), this.#context);
    seen.removeAll(gone.since);
    const watch = resource.watch?.();
    const records = await this.#takeRecords(page, reader, { watch, outlived: gone.outlived });
    const next = typeof page.next === 'function' ? page.next() : page.next;
    const brought = {
      at: this.#context.now(),
      ...records,
      ...ofMode(page, gone.ids),
      next,
      content: null,
      bookmark: null,
      isBookmarkLast: false,
      account: null,
      fields: watch?.fields(),
    };
    this.#moveTo(turnPage(checkpoint, brought, resource.maxPages));
    const lost = watch ? lostFields(watch, checkpoint, this.#state.checkpoint, this.#name) : [];
    for (const warning of lost) this.#context.log.warn(warning);
  }

  async #takeRecords(page: SnapshotPage | ChangesPage, reader: PageReader, { watch, outlived }: Looking) {
    const { resource } = this.#state;
    const { progress, signal } = this.#context;
    const brought = { records: 0, rejected: 0, keyless: 0, duplicates: 0 };
    let leftOut = 0;
    const planner = new PagePlanner(this.#state, page, this.#context, this.#table);
    const prepare = watch?.around(resource.prepare) ?? resource.prepare;
    const batching = { prepare, size: () => recordsPerBatch };
    for await (const read of readBatches(page, batching, reader)) {
      const batch = withoutKeys(await identify(read, resource, this.#source()), outlived);
      brought.records += batch.raw;
      const quarantine = quarantined(batch.rejected).length;
      leftOut += batch.rejected.length - quarantine;
      brought.rejected += quarantine;
      brought.keyless += batch.rejected.filter(({ key }) => key === null).length;
      if (firstCounts(page)) brought.duplicates += batch.duplicates;
      this.#findings.batch(batch, await planner.plan(batch));
      progress.records(this.#name, batch.raw);
      await nextTurn();
      signal.throwIfAborted();
    }
    noteLeftOut(leftOut, resource, this.#context);
    const { duplicates, again } = planner.repeated;
    const { counts: columns, pending, deferred } = planner.compared;
    const all = { ...brought, duplicates: brought.duplicates + duplicates, again, columns };
    const { held } = this.#state;
    this.#state = { ...this.#state, held: held.with({ pending, deferred }) };
    this.#findings.page(all);
    return all;
  }

  #open({ onHit }: DryPassOptions): PageReader {
    const { thirdParty, targetSlots, target, log, signal } = this.#context;
    const run = { signal, mayStillSend: () => !signal.aborted, onHit };
    return openPage(this.#state, { thirdParty, targetSlots, target, log, run });
  }

  #source(): Source {
    const { thirdParty } = this.#context;
    const { resource, checkpoint } = this.#state;
    const ask = askInDryRun(resource.table, thirdParty.name, this.#context);
    return { by: bringerOf(checkpoint, thirdParty.name), ask };
  }

  async #lookForDrift(): Promise<DriftCounts | null> {
    const { target, now } = this.#context;
    const stored = (await target.pass(this.#name))?.checkpoint ?? null;
    const sampled = { resource: this.#state.resource, checkpoint: stored };
    const { drift } = await lookAtSample(sampled, await target.drift(this.#name), target, now());
    return drift && countsOf(drift);
  }

  async #planDeletes(): Promise<void> {
    const { target, spool, now } = this.#context;
    const { table } = this.#state.resource;
    this.#emptied = planEmptied(this.#state, this.#context);
    this.#updates = judgeEndUpdates(this.#state, updatedIn(this.#state), now());
    const deletes = await planDeletes(this.#state, this.#context);
    this.#deletes = deletes;
    for (const ids of deletes.ids) {
      const rows = await target.rowsOf(table, ids);
      spool.put(
        this.#name,
        rows.map(({ key, row }) => ({ type: 'deleted', key, before: row })),
      );
    }
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ChangeCounts } from '../change.ts';
import type { Checkpoint } from '../checkpoint.ts';
import type { Log } from '../log.ts';
import { bringerOf, type Identified, identify, type Source } from '../match/identify.ts';
import { type Recognised, sumRecognised } from '../match/recognise.ts';
import { type FetchDeps, fetchAlways, readBatches } from '../pass/fetch-page.ts';
import type { Verdict } from '../pass/guard.ts';
import { hasRecords } from '../pass/live.ts';
import { planSteps } from '../pass/plan.ts';
import type { Resource } from '../pass/resource.ts';
import { SeenSet } from '../pass/seen-set.ts';
import { goneIn, ofMode } from '../pass/take-page.ts';
import { atHome, startPass, turnPage, wholeMode } from '../pass/transitions.ts';
import type { Progress } from '../progress.ts';
import type { Rejected } from '../record.ts';
import type { Party } from '../run/context.ts';
import type { Spool } from '../spool.ts';
import type { TargetReader } from '../target.ts';
import type { SlotKeeper } from '../throttle.ts';
import { askInDryRun } from './clues.ts';
import { planDeletes } from './deletes.ts';

/** What a dry run looks at, and where it keeps its plan. */
export interface DryRunDeps {
  readonly target: TargetReader;
  /** The target's own throttle; null where the target has none yet. */
  readonly guard: SlotKeeper | null;
  readonly party: Party;
  readonly spool: Spool;
  readonly log: Log;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** What a run would change of one resource. */
export interface ResourcePlan {
  readonly resource: string;
  readonly isComplete: boolean;
  readonly pages: number;
  readonly records: number;
  readonly rejected: number;
  /** The first few rejected records, with their reasons. */
  readonly rejects: readonly Pick<Rejected, 'key' | 'reasons'>[];
  /** More than the config allows: the pass would delete nothing. */
  readonly hasTooManyRejects: boolean;
  readonly unchanged: number;
  readonly counts: ChangeCounts;
  /** Missing, but not in enough complete passes running: not deleted yet. */
  readonly unconfirmed: number;
  /** Null while the pass is not complete. */
  readonly verdict: Verdict | null;
  /** Of a resource with `match`: by what the records were recognised. */
  readonly recognised?: Recognised;
  /** What the run would do to the table first, or why it could not run at all. */
  readonly table: {
    readonly exists: boolean;
    readonly missingColumns: readonly string[];
    readonly problems: readonly string[];
  };
}

interface DryWalkOptions {
  readonly maxPages: number;
  readonly isFull?: boolean | undefined;
}

const rejectsShown = 5;

/** A pass of its own over one resource, planned into the spool. */
export class DryWalk {
  readonly #resource: Resource;
  readonly #table: ResourcePlan['table'];
  readonly #deps: DryRunDeps;
  readonly #seen = new SeenSet();
  readonly #rejects: Rejected[] = [];
  #checkpoint: Checkpoint;
  #records = 0;
  #unchanged = 0;
  #rejected = 0;
  #unconfirmed = 0;
  #recognised: Recognised | undefined;
  #verdict: Verdict | null = null;
  #hasTooManyRejects = false;

  constructor(resource: Resource, table: ResourcePlan['table'], deps: DryRunDeps) {
    this.#resource = resource;
    this.#table = table;
    this.#deps = deps;
    this.#checkpoint = startPass(null, resource.shape, 'snapshot', deps.now());
  }

  async walk({ maxPages, isFull }: DryWalkOptions, onHit: () => void): Promise<void> {
    const { target, party, now } = this.#deps;
    const { resource } = this.#resource.table;
    const stored = (await target.pass(resource))?.checkpoint ?? null;
    const before = stored && isFull ? { ...stored, bookmark: null } : stored;
    const started = startPass(before, this.#resource.shape, wholeMode(party.adapter.modes(resource)), now());
    const isFirst = !(await hasRecords(this.#resource, target));
    this.#checkpoint = atHome(started, party.name, isFirst, this.#resource.rekey !== undefined);
    while (this.#checkpoint.phase === 'walking' && this.#checkpoint.progress.pages < maxPages) {
      await this.#takePage(onHit);
      this.#deps.progress.page(this.#resource.table.resource, this.#checkpoint.progress.pages);
    }
    if (this.#checkpoint.phase === 'deleting') await this.#planDeletes();
  }

  async plan(): Promise<ResourcePlan> {
    const { resource } = this.#resource.table;
    const isComplete = this.#checkpoint.phase === 'deleting';
    return {
      resource,
      isComplete,
      pages: this.#checkpoint.progress.pages,
      records: this.#records,
      rejected: this.#rejected,
      rejects: this.#rejects.map(({ key, reasons }) => ({ key, reasons })),
      hasTooManyRejects: this.#hasTooManyRejects,
      unchanged: this.#unchanged,
      counts: this.#deps.spool.counts(resource),
      unconfirmed: this.#unconfirmed,
      verdict: this.#verdict,
      ...(this.#recognised && { recognised: this.#recognised }),
      table: this.#table,
    };
  }

  async #takePage(onHit: () => void): Promise<void> {
    const fetching = this.#fetching(onHit);
    const page = await fetchAlways(this.#resource.table.resource, this.#checkpoint, fetching);
    const brought = { records: 0, rejected: 0, keyless: 0 };
    const gone = await goneIn(page, this.#resource, this.#source(), this.#deps);
    if (page.isLog) this.#seen.removeAll(gone);
    for await (const read of readBatches(page, this.#resource.prepare, () => 2000, fetching)) {
      const batch = await identify(read, this.#resource, this.#source());
      brought.records += batch.raw;
      brought.rejected += batch.rejected.length;
      brought.keyless += batch.rejected.filter(({ key }) => key === null).length;
      await this.#planBatch(batch);
      this.#deps.progress.records(this.#resource.table.resource, batch.raw);
      await nextTurn();
      this.#deps.signal.throwIfAborted();
    }
    this.#records += brought.records;
    this.#rejected += brought.rejected;
    const next = typeof page.next === 'function' ? page.next() : page.next;
    const turned = { ...brought, ...ofMode(page, gone), next, content: null, bookmark: null, isBookmarkLast: false };
    this.#checkpoint = turnPage(this.#checkpoint, turned, this.#resource.maxPages);
  }

  /** A client for one page: what has moved for good, and who may still send, is as it is now. */
  #fetching(onHit: () => void): FetchDeps {
    const { party, guard, log, signal } = this.#deps;
    const { moved, mode } = this.#checkpoint;
    const keys = this.#resource.changes?.keys;
    const mayStillSend = () => !signal.aborted;
    const http = party.openHttp({ mode, guard, mayStillSend, moved, failures: 0, onHit, signal });
    return { adapter: party.adapter, adapterName: party.name, context: { http, log, signal }, keys };
  }

  #source(): Source {
    const { party } = this.#deps;
    const ask = askInDryRun(this.#resource.table, party.name, this.#deps);
    return { by: bringerOf(this.#checkpoint, party.name), ask };
  }

  async #planBatch({ records, rejected, aliases, recognised }: Identified): Promise<void> {
    const { target, spool } = this.#deps;
    const { table } = this.#resource;
    if (aliases) spool.remember(table.resource, aliases.known);
    if (recognised) this.#recognised = sumRecognised(this.#recognised, recognised);
    const compared = await target.compare(
      table,
      records.map(({ key, hash }) => [key, hash]),
    );
    this.#seen.addAll(compared.unchanged);
    const different = compared.different.flatMap((at) => records[at] ?? []);
    const found = await target.find(table, different);
    const steps = planSteps(different, found);
    for (const { entry } of found) if (entry && !entry.deleted) this.#seen.add(entry.id);
    const rejectedKeys = rejected.flatMap(({ key }) => key ?? []);
    this.#seen.addAll(await target.idsOf(table.resource, rejectedKeys));

    const changes = steps.flatMap(({ change }) => (typeof change === 'string' ? [] : [change]));
    const changing = new Set(changes.map(({ key }) => key));
    spool.drop(
      table.resource,
      records.filter(({ key }) => !changing.has(key)).map(({ key }) => key),
    );
    spool.put(table.resource, changes);
    this.#unchanged += records.length - changes.length;
    this.#rejects.push(...rejected.slice(0, rejectsShown - this.#rejects.length));
  }

  async #planDeletes(): Promise<void> {
    const { target, spool, party, now } = this.#deps;
    const { table } = this.#resource;
    const isStable = party.adapter.isStable(table.resource);
    const pass = { resource: this.#resource, checkpoint: this.#checkpoint, seen: this.#seen, isStable };
    const planned = await planDeletes(pass, target, now());
    this.#verdict = planned.verdict;
    this.#unconfirmed = planned.unconfirmed;
    this.#hasTooManyRejects = planned.hasTooManyRejects;
    for await (const ids of planned.ids) {
      const rows = await target.rowsOf(table, ids);
      spool.put(
        table.resource,
        rows.map(({ key, row }) => ({ type: 'deleted', key, before: row })),
      );
    }
  }
}

import { type Checkpoint, type HeldDeletes, type HeldNames, type HeldPermit, startOver } from '../checkpoint.ts';
import { crashPoint } from '../crash.ts';
import type { SyncError } from '../errors.ts';
import { type SchemaChange, type StoredPaths, storedPaths } from '../field-paths.ts';
import { assertTrusted, type RunContext } from '../run/context.ts';
import type { StoredPass, Target } from '../target.ts';
import { beginPass, demandMode } from './begin.ts';
import { ChunkMemory } from './chunks/chunk-memory.ts';
import { backOffAfter, failureOf, whatExpired } from './due.ts';
import { endChanges } from './end/end-changes.ts';
import { endSnapshot, type PassEnded } from './end/end-snapshot.ts';
import { endValues } from './end/end-values.ts';
import { namesOfHeld } from './held-names.ts';
import { HeldSet, heldAtStart } from './held-set.ts';
import type { PageTaken } from './page/page-intake.ts';
import { takePage } from './page/take-page.ts';
import { pathsAtEnd, pathsAtStart } from './paths/pass-paths.ts';
import type { PassState, Resource } from './resource.ts';
import { SeenSet } from './seen-set.ts';
import { fail, isSnapshot, needsNewPass, nextMode, noteFailure, wholeMode } from './transitions.ts';
import { heldTogether } from './updates.ts';

/** One step of a pass: what a page brought, and what the end of the pass deleted. */
export interface PassStep {
  /** Null: no page was needed, all pages were committed before. */
  readonly taken: PageTaken | null;
  /** Null: the pass continues. */
  readonly ended: PassEnded | null;
}

/**
 * One pass over one resource: where it stands and what it has seen. Only this class moves the checkpoint, and only after
 * what it stands for is committed.
 */
export class Pass {
  readonly resource: Resource;
  #checkpoint: Checkpoint | null;
  /** The seen set as it is stored, until it is needed in memory. */
  #stored: Uint8Array | null;
  #seen: SeenSet | null = null;
  #held: HeldSet;
  #paths: StoredPaths;
  /** Null also where another run has taken the first pages: what it knew of them is lost. */
  #chunks: ChunkMemory | null = null;

  constructor(resource: Resource, stored: StoredPass | null) {
    this.resource = resource;
    this.#checkpoint = stored?.checkpoint ?? null;
    this.#stored = stored?.seen ?? null;
    this.#held = HeldSet.restore(stored?.held ?? null);
    this.#paths = storedPaths(stored?.paths ?? null, resource.shape);
  }

  /** How the third party's records have changed their shape, as far as the last pass has found. */
  get schemaChanges(): readonly SchemaChange[] {
    return this.#paths.changes.filter(({ pass }) => pass === this.#checkpoint?.pass);
  }

  /** The deletions that are held back and may be permitted; null if there are none. */
  get held(): Required<HeldDeletes> | null {
    const { held = null } = this.#checkpoint ?? {};
    if (held?.pass === undefined || this.#held.deletes.count !== held.count) return null;
    return { ...held, pass: held.pass };
  }

  /** Null: there has never been a pass. */
  get checkpoint(): Checkpoint | null {
    return this.#checkpoint;
  }

  /**
   * Takes the pass one step further.
   *
   * 1. Continue, or begin a new pass.
   * 2. Take a page in, unless all pages are committed.
   * 3. After the last page, end the pass.
   */
  async step(run: RunContext): Promise<PassStep> {
    await this.begin(run);
    const taken = this.#isIn('walking') ? await this.takePage(run) : null;
    if (this.#isIn('walking')) return { taken, ended: null };
    if (this.#isIn('done')) return { taken, ended: nothingNew };
    const ended = await run.timeline.time(
      'delete',
      this.#name,
      () => this.end(run),
      ({ deleted }) => deleted,
    );
    return { taken, ended };
  }

  /** Continues, or starts a new pass. Stores the try before the page: a page that kills the process must not starve the others. */
  async begin(run: RunContext): Promise<void> {
    const before = this.#checkpoint;
    const { resource } = this;
    const modes = run.thirdParty.adapter.modes(this.#name);
    const continues = before !== null && !needsNewPass(before, resource.shape, modes);
    const mode = nextMode(before, resource, wholeMode(modes), run.now());
    const pass = continues ? before : await beginPass(before, resource, mode, run);
    const checkpoint = { ...pass, triedAt: run.now() };
    if (checkpoint.phase === 'walking') demandMode(checkpoint.mode, resource, run.thirdParty);
    assertTrusted(run);
    await this.#store(checkpoint, run, !continues);
  }

  /** Takes one page in: one hit. If the response is "not modified", the pass is done. */
  async takePage(run: RunContext): Promise<PageTaken> {
    if (this.#checkpoint?.progress.pages === 0) this.#chunks = this.#newChunks(this.#checkpoint);
    const taken = await takePage(this.#state(), run);
    this.#checkpoint = taken.checkpoint;
    this.#held = taken.held;
    this.#paths = taken.paths;
    run.progress.page(this.#name, taken.checkpoint.progress.pages);
    return taken;
  }

  /** Deletes what a snapshot did not see, or what a changes pass found deleted, as far as the guard allows. */
  async end(run: RunContext): Promise<PassEnded> {
    crashPoint('before-sweep');
    const state = this.#state();
    const values = await endValues(state, run);
    const { checkpoint: before } = values;
    const {
      ended,
      checkpoint: after,
      keepsSeen,
      held,
    } = isSnapshot(before)
      ? await endSnapshot({ ...state, checkpoint: before }, values, run)
      : await endChanges({ ...state, checkpoint: before }, values, run);
    const chunks = this.#chunks?.toStore() ?? { name: before.chunks ?? null };
    const checkpoint = { ...after, heldNames: namesOfHeld(after, held, before.heldNames), chunks: chunks.name };
    assertTrusted(run);
    const seen = keepsSeen ? state.seen.serialize() : null;
    const isWhole = isSnapshot(before) && !ended.isIncomplete;
    const paths = pathsAtEnd(state.paths, { isWhole, at: run.now(), pass: before.pass });
    const dropsRejectsBefore = isSnapshot(before) && ended.verdict.delete !== 'none' ? before.pass : undefined;
    const sets = { seen, held: held.serialize(), paths: JSON.stringify(paths) };
    await run.target.save(this.#name, {
      checkpoint,
      ...sets,
      dropsRejectsBefore,
      ...('bytes' in chunks && { chunks: chunks.bytes }),
    });
    this.#checkpoint = checkpoint;
    this.#held = held;
    this.#paths = paths;
    crashPoint('swept');
    return ended;
  }

  /** Stores a failure of the third party, and how long the resource must wait. After too many, a new pass starts. */
  async fail(error: SyncError, run: RunContext): Promise<void> {
    await this.#reload(run);
    const before = this.#checkpoint;
    if (before === null) return;
    const now = run.now();
    const backOff = backOffAfter(error, before, { perMs: run.perMs, capMs: run.timings.backOffCapMs }, now);
    const whole = wholeMode(run.thirdParty.adapter.modes(this.#name));
    const failed = fail(noteFailure(before, failureOf(error), now), now, backOff, whatExpired(error), whole);
    const isGivenUp = failed.pass !== before.pass;
    if (isGivenUp) {
      const given = `pass ${before.pass} of ${this.#name} is given up; it deletes nothing`;
      run.log.warn(given, { resource: this.#name });
    }
    await this.#store(failed, run, isGivenUp);
  }

  /** Stores that a URL has moved for good. */
  async moved({ from, to }: { readonly from: string; readonly to: string }, run: RunContext): Promise<void> {
    await this.#reload(run);
    const before = this.#checkpoint;
    if (before !== null) await this.#store({ ...before, moved: { ...before.moved, [from]: to } }, run);
  }

  /** The updates and empty values that are held back and may be permitted; null if there are none. */
  get heldUpdates(): HeldPermit | null {
    const held = heldTogether(this.#checkpoint ?? {});
    const stored = [this.#held.updates, ...this.#held.emptied.values()].reduce((sum, { count }) => sum + count, 0);
    return held?.count === stored ? held : null;
  }

  /** How people name what is held. */
  get heldNames(): HeldNames {
    if (this.#checkpoint === null) return { deletes: null, updates: null };
    return this.#checkpoint.heldNames ?? namesOfHeld(this.#checkpoint, this.#held);
  }

  /** Permits, once, exactly the deletions, or the updates and empty values, that the guard has held back. */
  async permit(what: 'deletes' | 'updates', run: Pick<RunContext, 'target'>): Promise<void> {
    const held = what === 'deletes' ? this.held : this.heldUpdates;
    if (this.#checkpoint === null || held === null) return;
    const permit = { pass: held.pass, count: held.count };
    const permitted = what === 'deletes' ? { permission: permit } : { emptiedPermission: permit };
    await this.#store({ ...this.#checkpoint, ...permitted }, run);
  }

  /** Makes the next step start a new pass, whatever this one was doing; one that `verifies` compares every row. */
  startOver({ verifies = false }: { readonly verifies?: boolean } = {}): void {
    if (this.#checkpoint) this.#checkpoint = { ...startOver(this.#checkpoint), ...(verifies && { verifies }) };
  }

  get #name(): string {
    return this.resource.table.resource;
  }

  #isIn(phase: Checkpoint['phase']): boolean {
    return this.#checkpoint?.phase === phase;
  }

  #state(): PassState {
    if (this.#checkpoint === null) throw new Error(`the pass of ${this.#name} has not begun`);
    this.#seen ??= SeenSet.restore(this.#stored);
    const { resource } = this;
    const [checkpoint, seen, held, paths, chunks] = [
      this.#checkpoint,
      this.#seen,
      this.#held,
      this.#paths,
      this.#chunks,
    ];
    return { resource, checkpoint, seen, held, paths, chunks };
  }

  /** A pass that compares every row reads every record. */
  #newChunks({ mode, verifies, chunks }: Checkpoint): ChunkMemory | null {
    const { chunks: remembering } = this.resource;
    return !remembering || mode !== 'snapshot' || verifies ? null : new ChunkMemory(remembering, chunks ?? null);
  }

  async #store(checkpoint: Checkpoint, { target }: Pick<RunContext, 'target'>, startsPass = false): Promise<void> {
    const held = startsPass ? heldAtStart(this.#held, checkpoint) : this.#held;
    const paths = startsPass ? pathsAtStart(this.#paths, checkpoint) : this.#paths;
    const afresh = { seen: null, held: held.serialize(), paths: JSON.stringify(paths) };
    if (startsPass) await this.#dropDeferred(target);
    await target.save(this.#name, { checkpoint, ...(startsPass && afresh) });
    this.#checkpoint = checkpoint;
    this.#held = held;
    this.#paths = paths;
    if (!startsPass) return;
    this.#stored = null;
    this.#seen = null;
  }

  /** Updates that an earlier pass has kept, and even those of a page that died, must not be taken for those of the new one. */
  async #dropDeferred(target: Target): Promise<void> {
    const mayHaveSome = this.#held.deferred.count > 0 || this.resource.guard.maxUpdates !== undefined;
    if (mayHaveSome && this.#checkpoint !== null) await target.dropDeferred(this.#name);
  }

  /** After a page that failed half-way: what was seen is read again from where it is stored. */
  async #reload({ target }: RunContext): Promise<void> {
    const stored = await target.pass(this.#name);
    this.#checkpoint = stored?.checkpoint ?? null;
    this.#stored = stored?.seen ?? null;
    this.#held = HeldSet.restore(stored?.held ?? null);
    this.#paths = storedPaths(stored?.paths ?? null, this.resource.shape);
    this.#seen = null;
    this.#chunks = null;
  }
}

/** A pass that brought nothing new proves what the last one proved. */
const nothingNew: PassEnded = {
  ...{ verdict: { delete: 'all' }, deleted: 0, refused: 0 },
  ...{
    hasTooManyRejects: false,
    hasTooManyDuplicates: false,
    isIncomplete: false,
    ...{ heldEmptied: null, heldUpdates: null, refusedEmptied: 0, refusedUpdates: 0 },
  },
};

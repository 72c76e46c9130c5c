import { hash } from 'node:crypto';
import type { Cursor, Mode } from '../adapter.ts';
import type { BackOff, Checkpoint, HeldDeletes } from '../checkpoint.ts';
import { noProgress, type PassProgress } from '../checkpoint.ts';
import { ProtocolError } from '../errors.ts';
import type { Validators } from '../validators.ts';
import type { Resource } from './resource.ts';

/** Failures in a row at one cursor after which the pass is abandoned. */
const failuresPerCursor = 5;

/** Where a pass stands that walks over everything: only such a one may delete what it did not see. */
export type SnapshotCheckpoint = Checkpoint & { readonly mode: 'snapshot' };

export function isSnapshot(checkpoint: Checkpoint): checkpoint is SnapshotCheckpoint {
  return checkpoint.mode === 'snapshot';
}

/** What a pass asks for that is to bring everything: changes since no bookmark, where the adapter knows nothing else. */
export function wholeMode(modes: readonly Mode[]): Mode {
  return modes.includes('snapshot') ? 'snapshot' : 'changes';
}

/**
 * What the next pass asks for. Changes only where a whole pass has left a bookmark, and not for longer than `fullEvery`:
 * what changes miss, a snapshot finds. What is held back, only a snapshot can judge again.
 */
export function nextMode(
  before: Checkpoint | null,
  { shape, changes }: Pick<Resource, 'shape' | 'changes'>,
  whole: Mode,
  now: number,
): Mode {
  if (!changes || before === null || before.shape !== shape || before.phase === 'held') return whole;
  if (before.bookmark === null || before.fullAt === null || isAhead(before.fullAt, now)) return whole;
  return now - before.fullAt >= changes.fullEveryMs ? whole : 'changes';
}

/** A pass that starts: what outlasts a pass is taken over from the one before it. */
export function startPass<M extends Mode>(
  before: Checkpoint | null,
  shape: string,
  mode: M,
  now: number,
): Checkpoint & { readonly mode: M } {
  const isReshaped = before !== null && before.shape !== shape;
  return {
    pass: (before?.pass ?? 0) + 1,
    mode,
    phase: 'walking',
    shape,
    isRemap: isReshaped || (before?.isRemap === true && before.completedAt === null),
    cursor: null,
    bookmark: isReshaped ? null : (before?.bookmark ?? null),
    nextBookmark: null,
    validators: isReshaped ? null : (before?.validators ?? null),
    fullAt: isReshaped ? null : (before?.fullAt ?? null),
    tombstones: [],
    progress: noProgress,
    startedAt: now,
    completedAt: isReshaped ? null : (before?.completedAt ?? null),
    triedAt: before?.triedAt ?? 0,
    failures: 0,
    backOff: null,
    moved: isReshaped ? {} : (before?.moved ?? {}),
    held: isReshaped ? null : (before?.held ?? null),
    permission: isReshaped ? null : (before?.permission ?? null),
    deletions: before?.deletions ?? [],
    missing: before?.missing ?? 0,
    sweptTo: 0,
    home: before?.home ?? [],
    nextHome: before?.nextHome ?? [],
    hadGuests: before !== null && (before.hadGuests ?? true),
  };
}

/**
 * Whose native keys are the keys: the adapter that walks before any record is there, and each that completes a pass in which
 * nothing is matched. Of any other one, a native key that looks like a key of ours says nothing.
 */
export function atHome<C extends Checkpoint>(checkpoint: C, adapter: string, isFirst: boolean, matches: boolean): C {
  const before = checkpoint.home ?? [];
  const home = isFirst ? [adapter] : before;
  const hadGuests = !isFirst && (checkpoint.hadGuests === true || before.some((each) => each !== adapter));
  return { ...checkpoint, home, nextHome: matches ? home : [...new Set([...home, adapter])], hadGuests };
}

/** Whether a new pass must start: there was none, the last is over, what a page means has changed, or how it is read. */
export function needsNewPass(before: Checkpoint | null, shape: string, modes: readonly Mode[]): boolean {
  if (before === null || before.shape !== shape || before.phase === 'done' || before.phase === 'held') return true;
  return before.phase === 'walking' && !modes.includes(before.mode);
}

/** Whether the resource wants work now: its pass is under way, held with a permission, or over for `everyMs`. */
export function isDue(before: Checkpoint | null, shape: string, everyMs: number, now: number): boolean {
  if (before === null || before.shape !== shape) return true;
  if (before.phase === 'walking' || before.phase === 'deleting') return true;
  if (before.permission !== null) return true;
  if (before.completedAt === null || isAhead(before.completedAt, now)) return true;
  return now - before.completedAt >= everyMs;
}

/** Whether a time was noted by a host whose clock is ahead of this one's, so that it tells nothing here. */
export function isAhead(noted: number, now: number): boolean {
  return noted > now;
}

/** What a page brought, as its pass counts it. */
export interface PageBrought {
  readonly records: number;
  readonly rejected: number;
  readonly keyless: number;
  readonly next: Cursor | null;
  /** Digest of the page's valid records; null for a page without any, or when it is the pass's only one. */
  readonly content: string | null;
  readonly total: number | null;
  readonly shifted: boolean;
  readonly bookmark: string | null;
  /** The bookmark of the last page counts, not that of the first. */
  readonly isBookmarkLast: boolean;
  readonly validators: Validators | null;
  /** Ids of live records that are called gone. */
  readonly tombstones: readonly number[];
}

/** Where the pass stands once the page is in. Throws where the page shows that the walk leads nowhere. */
export function turnPage<C extends Checkpoint>(checkpoint: C, page: PageBrought, maxPages: number): C {
  const { progress, cursor } = checkpoint;
  const met = [
    ...(cursor === null ? [] : [cursorDigest(cursor)]),
    ...(page.content === null ? [] : [`p${page.content}`]),
  ];
  refuseRepetition(checkpoint, page);
  if (page.next !== null && progress.pages + 1 >= maxPages) {
    throw new ProtocolError(`the pass has brought ${maxPages} pages and does not end; nothing is deleted`, {
      hint: 'if there are so many, raise maxPages of the adapter',
    });
  }
  const after: PassProgress = {
    pages: progress.pages + 1,
    records: progress.records + page.records,
    rejected: progress.rejected + page.rejected,
    keyless: progress.keyless + page.keyless,
    total: page.total ?? progress.total,
    shifted: progress.shifted || page.shifted,
    digests: [...progress.digests, ...met],
  };
  const isFirst = progress.pages === 0;
  const nextBookmark = isFirst || page.isBookmarkLast ? page.bookmark : checkpoint.nextBookmark;
  // What one of several pages is called says nothing about the others.
  const validators = isFirst && page.next === null ? page.validators : null;
  const tombstones = [...new Set([...checkpoint.tombstones, ...page.tombstones])];
  return advance({ ...checkpoint, nextBookmark, validators, tombstones }, page.next, after);
}

function refuseRepetition({ progress, cursor }: Checkpoint, { next, content }: PageBrought): void {
  const known = new Set(progress.digests);
  if (next !== null && (next === cursor || known.has(cursorDigest(next)))) {
    throw new ProtocolError(
      'the third party gave a cursor that this pass has had before; the cursor stays where it was, nothing is deleted',
    );
  }
  if (content !== null && known.has(`p${content}`)) {
    throw new ProtocolError(
      'the third party gave a page that this pass has had before; the cursor stays where it was, nothing is deleted',
    );
  }
}

function cursorDigest(cursor: Cursor): string {
  return `c${hash('sha256', cursor, 'base64url').slice(0, 11)}`;
}

/** A page is committed: the pass goes on at `next`, or every page is there. */
function advance<C extends Checkpoint>(checkpoint: C, next: Cursor | null, progress: PassProgress): C {
  const phase = next === null ? 'deleting' : 'walking';
  return { ...checkpoint, phase, cursor: next, progress, failures: 0, backOff: null };
}

/** The third party says that everything is as the last complete pass left it. */
export function completeUnmodified(checkpoint: Checkpoint, now: number): Checkpoint {
  const { bookmark, progress } = checkpoint;
  const met = {
    ...checkpoint,
    nextBookmark: bookmark,
    progress: { ...progress, pages: 1 },
    failures: 0,
    backOff: null,
  };
  return complete(met, now, null);
}

/** The pass is over. A snapshot that brought no bookmark of its own leaves none. What it held back stays its own: a deletion that is permitted later has the same cause. */
export function complete(checkpoint: Checkpoint, now: number, held: HeldDeletes | null): Checkpoint {
  return {
    ...checkpoint,
    phase: held ? 'held' : 'done',
    isRemap: held !== null && checkpoint.isRemap,
    completedAt: now,
    cursor: null,
    held,
    permission: null,
    home: checkpoint.nextHome ?? [],
    bookmark: checkpoint.nextBookmark ?? (isSnapshot(checkpoint) ? null : checkpoint.bookmark),
    fullAt: isSnapshot(checkpoint) ? now : checkpoint.fullAt,
    tombstones: [],
    progress: { ...checkpoint.progress, digests: [] },
  };
}

function isBookmarkDead(dead: 'cursor' | 'bookmark' | null, checkpoint: Checkpoint): boolean {
  if (dead === null || isSnapshot(checkpoint)) return false;
  return dead === 'bookmark' || checkpoint.cursor === null;
}

/**
 * A page could not be had: the next try is at the same cursor, or, after five failures there, at the first page of a new
 * pass. A bookmark that is dead, too old for the third party to know what changed since, makes that a whole one.
 */
export function fail(
  checkpoint: Checkpoint,
  now: number,
  backOff: BackOff | null,
  dead: 'cursor' | 'bookmark' | null = null,
  whole: Mode = 'snapshot',
): Checkpoint {
  const failures = checkpoint.failures + 1;
  if (dead === null && failures < failuresPerCursor) return { ...checkpoint, failures, backOff };
  const isTooOld = isBookmarkDead(dead, checkpoint);
  if (checkpoint.cursor === null && !isTooOld) return { ...checkpoint, failures, backOff };
  const before = isTooOld ? { ...checkpoint, bookmark: null, fullAt: null } : checkpoint;
  const restarted = startPass(before, checkpoint.shape, isTooOld ? whole : checkpoint.mode, now);
  return { ...restarted, isRemap: checkpoint.isRemap, completedAt: checkpoint.completedAt, backOff };
}

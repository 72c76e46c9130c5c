import type { Mode } from '../adapter.ts';
import type { DeletionCount, HeldSince, PassProgress } from '../checkpoint.ts';

/** A share (`{ratio: 0.2}`), or a number of rows (`{count: 50}`). */
export type Limit = { readonly ratio: number } | { readonly count: number };

/** How much may be deleted, emptied and updated without a permission. */
export interface Guard {
  /** Of the rows that were live before. */
  readonly maxDeletes: Limit;
  /** Of the filled values of each column. */
  readonly maxEmptied: Limit;
  /** Of the rows that were live before. Absent: updates are not judged, and each is written at once. */
  readonly maxUpdates?: Limit | undefined;
  readonly windowMs: number;
  /** In how many consecutive complete passes a record must be missing. */
  readonly confirm: 'auto' | number;
}

/** What a complete pass has found at its end. */
export interface PassEnd {
  readonly mode: Mode;
  readonly progress: PassProgress;
  readonly maxRejectRatio: number;
  readonly live: number;
  /** Live rows when the pass began; of what an earlier release has stored, those that are live now. */
  readonly liveAtStart?: number | undefined;
  /** Live rows that are missing and confirmed, or that the third party says are gone. */
  readonly gone: number;
  /** How many of these a person has permitted, record by record. */
  readonly permitted: number;
  readonly deletions: readonly DeletionCount[];
  /** What the guard measured by when it first held what it may hold still. */
  readonly since?: HeldSince | null | undefined;
  readonly now: number;
}

export type Verdict =
  | { readonly delete: 'all' }
  /** The pass proves nothing about what is missing. */
  | { readonly delete: 'none'; readonly because: string }
  /** What a person has permitted is deleted all the same. */
  | { readonly delete: 'held'; readonly because: string };

/** Decides what the end of a pass may delete: nothing after an unproven pass, and never more than the guard allows, but for what is permitted. */
export function judge(end: PassEnd, guard: Guard): Verdict {
  return end.mode === 'snapshot' ? judgeSnapshot(end, guard) : judgeChanges(end, guard);
}

function judgeSnapshot(end: PassEnd, guard: Guard): Verdict {
  const doubt = doubtOf(end);
  if (doubt) return { delete: 'none', because: doubt };
  if (end.gone === end.permitted) return { delete: 'all' };
  if (end.progress.records === 0) {
    return {
      delete: 'held',
      because: `the third party returned no records at all, and ${rows(end.live)} ${end.live === 1 ? 'is' : 'are'} live`,
    };
  }
  return judgeAmount(end, guard);
}

/** A changes pass names each record that is gone: only their number can be wrong. */
function judgeChanges(end: PassEnd, guard: Guard): Verdict {
  if (end.gone === 0 && end.progress.isMixed !== true) return { delete: 'all' };
  const verdict = judgeNamed(end, guard);
  return verdict.delete === 'all' ? verdict : { ...verdict, because: `${verdict.because}; the next pass judges again` };
}

function judgeNamed(end: PassEnd, guard: Guard): Verdict {
  const { rejected, records, isMixed } = end.progress;
  if (isMixed) return { delete: 'none', because: ofTwoAccounts };
  if (hasTooManyRejects(end)) return { delete: 'none', because: `${rejected} of ${records} records were rejected` };
  return end.gone === end.permitted ? { delete: 'all' } : judgeAmount(end, guard);
}

function judgeAmount(end: PassEnd, guard: Guard): Verdict {
  // What goes is what this pass itself has made: a log said so.
  if (end.liveAtStart === 0) return { delete: 'all' };
  const all = liveBefore(end);
  if (end.gone >= all)
    return { delete: 'held', because: `${allOf(all)} would be deleted; the guard never allows that` };
  const base = baseOf(end, guard);
  const { deleted, allowed } = allowance(base, end, guard);
  const gone = end.gone - end.permitted;
  if (deleted + gone <= allowed) return { delete: 'all' };
  const before =
    deleted > 0 ? ` (${deleted} more ${deleted === 1 ? 'was' : 'were'} deleted in the last ${windowText(guard)})` : '';
  const isOfThese = gone <= base;
  const share = isOfThese ? '' : `, by the ${rows(base)} that there were before`;
  return {
    delete: 'held',
    because: `${gone} of ${rows(isOfThese ? base : all)} would be deleted${before}; the guard allows ${allowed}${share}`,
  };
}

type Based = Pick<PassEnd, 'live' | 'liveAtStart' | 'deletions' | 'since' | 'now'>;
type Allowed = Pick<PassEnd, 'deletions' | 'now'>;

/**
 * The rows of which the guard allows a share: those that were live when the pass began, when the guard's window began, or when
 * deletions that it still holds were first measured, whichever is least. Rows that the pass has made do not count: a wrong
 * tenant's records would outvote ours.
 */
export function baseOf(end: Based, { windowMs }: Pick<Guard, 'windowMs'>): number {
  const atStart = liveBefore(end);
  const inWindow = liveWhenWindowBegan(end.deletions, end.now - windowMs) ?? atStart;
  return Math.min(atStart, inWindow, end.since?.base ?? inWindow);
}

/** The rows that were live before the pass, or before the first of the passes whose deletions are still held. */
function liveBefore({ live, liveAtStart = live, since }: Based): number {
  return Math.min(liveAtStart, since?.liveAtStart ?? liveAtStart);
}

/**
 * What the next passes are measured by as well. A wrong tenant's records stay in the table while the deletions of ours are
 * held: without this, they would count as rows of ours as soon as the window has passed.
 */
export function heldSince(end: PassEnd, guard: Pick<Guard, 'windowMs'>, verdict: Verdict): HeldSince | null {
  if (verdict.delete === 'all') return null;
  if (verdict.delete === 'none') return end.since ?? null;
  return { base: baseOf(end, guard), liveAtStart: liveBefore(end) };
}

/** As of the last count before the window; without one, as of the first count in it. */
export function liveWhenWindowBegan(counts: readonly DeletionCount[], beganAt: number): number | undefined {
  const before = counts.findLast(({ at }) => at <= beganAt);
  return before ? before.live - before.deleted : counts[0]?.live;
}

/** A share of few rows is less than one row, so this many may be deleted, or updated, where a share is less. */
export const fewRows = 3;

function allowance(base: number, { deletions, now }: Allowed, { maxDeletes, windowMs }: Guard) {
  const recent = deletions.filter(({ at }) => at > now - windowMs);
  const deleted = recent.reduce((sum, entry) => sum + entry.deleted, 0);
  const allowed = 'count' in maxDeletes ? maxDeletes.count : Math.max(fewRows, Math.floor(base * maxDeletes.ratio));
  return { deleted, allowed };
}

/** How much was deleted in the guard's window, of what it allows: 1 is all of it. */
export function guardUsed(end: Allowed & Based, guard: Guard): number {
  const { deleted, allowed } = allowance(baseOf(end, guard), end, guard);
  return deleted === 0 ? 0 : deleted / Math.max(1, allowed);
}

/** In how many consecutive complete passes a record must be missing before it may be deleted. */
export function confirmationsNeeded(guard: Guard, pages: number, isStable: boolean): number {
  if (guard.confirm !== 'auto') return guard.confirm;
  return pages <= 1 || isStable ? 1 : 2;
}

type Brought = Pick<PassEnd, 'mode' | 'progress' | 'maxRejectRatio' | 'live'>;

/** Why a snapshot does not prove that what it did not bring is gone; undefined if it does. */
function doubtOf(brought: Brought): string | undefined {
  const { keyless } = brought.progress;
  if (keyless > 0) return `${keyless} records came without a readable key, and might be any of our rows`;
  return lossOf(brought);
}

/** Why a snapshot may not have everything; undefined if it has. */
export function lossOf(brought: Brought): string | undefined {
  const { records, rejected, total, shifted, again = 0, duplicates = 0, isMixed } = brought.progress;
  if (isMixed) return ofTwoAccounts;
  if (shifted) return `the pages moved while they were read, ${mayBeMissed}`;
  if (again > 0) return `${textOfMany(again, 'record')} came again on a later page: the pages moved, ${mayBeMissed}`;
  if (hasTooManyDuplicates(brought)) return `${duplicates} of ${records} records have the key of another one`;
  if (hasTooManyRejects(brought)) return `${rejected} of ${records} records were rejected`;
  return total !== null && records < total
    ? `${textOfMany(records, 'record')} came, and the third party says that it has ${total}`
    : undefined;
}

/** Whether more records were rejected than the config allows. A changes pass brings few: there the share is of all live rows. */
export function hasTooManyRejects({ mode, progress, maxRejectRatio, live }: Brought): boolean {
  const { records, rejected } = progress;
  return rejected > (mode === 'snapshot' ? records : Math.max(records, live)) * maxRejectRatio;
}

/** Whether a snapshot brought fewer records than the third party has said that there are, at any time of the pass. */
export function isIncomplete({ mode, progress }: Pick<Brought, 'mode' | 'progress'>): boolean {
  const { records, total, leastTotal = total } = progress;
  return mode === 'snapshot' && leastTotal !== null && records < leastTotal;
}

/** Whether more records of a snapshot have the key of another one than may be rejected. The key is likely to be wrong. */
export function hasTooManyDuplicates({
  progress,
  maxRejectRatio,
}: Pick<Brought, 'progress' | 'maxRejectRatio'>): boolean {
  return (progress.duplicates ?? 0) > progress.records * maxRejectRatio;
}

/** Adds deletions, or a count of live rows alone, to those of the guard's window. Of what is older, the newest count stays. */
export function noteDeletions(
  deletions: readonly DeletionCount[],
  { at, live, deleted }: DeletionCount,
  windowMs: number,
): readonly DeletionCount[] {
  const older = deletions.filter((entry) => entry.at <= at - windowMs).slice(-1);
  const kept = [...older, ...deletions.filter((entry) => entry.at > at - windowMs)];
  const last = kept.at(-1);
  if (!last || last.at < at - windowMs / 96) return [...kept, { at, live, deleted }];
  return [...kept.slice(0, -1), { ...last, deleted: last.deleted + deleted }];
}

const hourMs = 3_600_000;

/** `24 h`, `90 min`. */
export function windowText({ windowMs }: Pick<Guard, 'windowMs'>): string {
  return windowMs % hourMs === 0 ? `${windowMs / hourMs} h` : `${Math.round(windowMs / 60_000)} min`;
}

function allOf(count: number): string {
  return count === 1 ? 'the only row' : `all ${count} rows`;
}

function rows(count: number): string {
  return textOfMany(count, 'row');
}

/** `1 row`, `2 rows`. */
export function textOfMany(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

const ofTwoAccounts = 'the credentials changed while the pages were read, so that they may be of two accounts';
const mayBeMissed = 'so that a record may have been missed';

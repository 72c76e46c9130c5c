import type { DeletionCount, PassProgress } from '../checkpoint.ts';

/** How much may be deleted without somebody's word. */
export interface Guard {
  /** A share of the live rows (`{ratio: 0.2}`), or a number of rows (`{count: 50}`). */
  readonly maxDeletes: { readonly ratio: number } | { readonly count: number };
  /** With fewer live rows than this, a share means nothing: only an empty snapshot is held. */
  readonly from: number;
  readonly windowMs: number;
  /** In how many complete passes running a record must be missing. */
  readonly confirm: 'auto' | number;
}

/** What a complete snapshot pass found at its end. */
export interface PassEnd {
  readonly progress: PassProgress;
  readonly maxRejectRatio: number;
  readonly live: number;
  /** Live rows that are missing and confirmed. */
  readonly gone: number;
  readonly deletions: readonly DeletionCount[];
  readonly permission: number | null;
  readonly now: number;
}

export type Verdict =
  | { readonly delete: 'all' }
  /** The pass proves nothing about what is missing. */
  | { readonly delete: 'none'; readonly because: string }
  | { readonly delete: 'held'; readonly because: string };

/** Decides what a pass may delete: nothing from an unproven pass, and never more than the guard or a permission allows. */
export function judgeDeletes(end: PassEnd, guard: Guard): Verdict {
  const doubt = doubtOf(end);
  if (doubt) return { delete: 'none', because: doubt };
  if (end.gone === 0 || isPermitted(end)) return { delete: 'all' };
  if (end.progress.records === 0) {
    return { delete: 'held', because: `the third party returned no records at all, and ${rows(end.live)} are live` };
  }
  return judgeAmount(end, guard);
}

/** Decides on records that a changes pass calls gone, one by one: only their number can be wrong. */
export function judgeTombstones(end: PassEnd, guard: Guard): Verdict {
  const { progress, maxRejectRatio, gone, live } = end;
  if (gone === 0) return { delete: 'all' };
  if (hasTooManyRejects(progress, maxRejectRatio, live))
    return { delete: 'none', because: `${progress.rejected} of ${progress.records} records were rejected` };
  return isPermitted(end) ? { delete: 'all' } : judgeAmount(end, guard);
}

function judgeAmount(end: PassEnd, guard: Guard): Verdict {
  const recent = recentDeletions(end, guard);
  if (recent.base < guard.from || recent.deleted + end.gone <= recent.allowed) return { delete: 'all' };
  const before = recent.deleted > 0 ? `, after ${recent.deleted} of late` : '';
  return {
    delete: 'held',
    because: `${end.gone} of ${rows(recent.base)} would go${before}, and the guard allows ${recent.allowed}`,
  };
}

/** In how many complete passes running a record must be missing before it may be deleted. */
export function confirmationsNeeded(guard: Guard, pages: number, isStable: boolean): number {
  if (guard.confirm !== 'auto') return guard.confirm;
  return pages <= 1 || isStable ? 1 : 2;
}

type Brought = Pick<PassEnd, 'progress' | 'maxRejectRatio'>;

/** Why the pass does not prove that what it did not bring is gone; undefined if it does. */
export function doubtOf(brought: Brought): string | undefined {
  const { keyless } = brought.progress;
  if (keyless > 0) return `${keyless} records came without a readable key, and might be any of our rows`;
  return lossOf(brought);
}

/** Why a pass that was to read everything may not have it all; undefined if it has. */
export function lossOf({ progress, maxRejectRatio }: Brought): string | undefined {
  const { records, rejected, total, shifted } = progress;
  if (shifted) return 'the pages moved while they were read, so that a record may have been missed';
  if (hasTooManyRejects(progress, maxRejectRatio)) return `${rejected} of ${records} records were rejected`;
  if (total !== null && records < total)
    return `${records} records came, and the third party says that it has ${total}`;
  return undefined;
}

/** A pass of changes brings few records: there the share is one of all that are live. */
export function hasTooManyRejects({ records, rejected }: PassProgress, maxRejectRatio: number, live = 0): boolean {
  return rejected > Math.max(records, live) * maxRejectRatio;
}

/** Adds deletions to the record of the guard's window, and forgets what is older. */
export function noteDeletions(
  deletions: readonly DeletionCount[],
  { at, live, deleted }: DeletionCount,
  windowMs: number,
): DeletionCount[] {
  const kept = deletions.filter((entry) => entry.at > at - windowMs);
  const last = kept.at(-1);
  if (!last || last.at < at - windowMs / 96) return [...kept, { at, live, deleted }];
  return [...kept.slice(0, -1), { ...last, deleted: last.deleted + deleted }];
}

function isPermitted({ permission, gone }: PassEnd): boolean {
  return permission !== null && gone <= permission;
}

function recentDeletions({ deletions, live, now }: PassEnd, { maxDeletes, windowMs }: Guard) {
  const recent = deletions.filter(({ at }) => at > now - windowMs);
  const base = recent[0]?.live ?? live;
  const deleted = recent.reduce((sum, entry) => sum + entry.deleted, 0);
  return { base, deleted, allowed: 'count' in maxDeletes ? maxDeletes.count : Math.floor(base * maxDeletes.ratio) };
}

function rows(count: number): string {
  return count === 1 ? '1 row' : `${count} rows`;
}

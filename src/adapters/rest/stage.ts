import type { Cursor } from '../../adapter.ts';
import { storedPlace } from './paging/pager.ts';

/**
 * Where a pass stands over a resource with `mode: changes`. As JSON it is the cursor, since a pass may go on in another
 * process.
 */
export interface Stage {
  /** The cursor of the pager; null means the first page. */
  readonly cursor: Cursor | null;
  /** True if all that changed was read, and the pages that list what is gone come next. */
  readonly isAtGraves: boolean;
  /** What the pages so far say about the next bookmark. */
  readonly mark: Mark | null;
  /** In a pass of changes. A tombstone of a later page wins only over records that are provably older. */
  readonly newest?: Newest;
  /** In a pass of changes. A record of a later page loses against its tombstone only if it is provably older than all of them. */
  readonly oldestGrave?: Newest;
}

/**
 * When the newest record of the pages so far changed, or the oldest tombstone: a whole number as text, since it is part of the cursor. Null: there was
 * none. Absent: not known, since one does not say when it changed, or since an earlier release read the first pages.
 */
export type Newest = string | null | undefined;

/** The next bookmark, as far as it is known. */
export interface Mark {
  readonly bookmark: string | null;
  /** When the first page was answered, in milliseconds; null if it did not say. Nothing later may become the bookmark. */
  readonly until: number | null;
}

export function stageOf(cursor: Cursor | null): Stage {
  return cursor === null
    ? { cursor: null, isAtGraves: false, mark: null, newest: null, oldestGrave: null }
    : storedPlace(cursor, isStage);
}

export function cursorOf(stage: Stage): Cursor {
  return JSON.stringify(stage);
}

function isStage(found: object): found is Stage {
  return 'cursor' in found && 'isAtGraves' in found && 'mark' in found;
}

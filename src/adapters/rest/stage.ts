import type { Cursor } from '../../adapter.ts';
import { storedPlace } from './pager.ts';

/**
 * Where a walk stands over a resource that changes are asked of. It is the cursor, as JSON: a pass may go on in another
 * process.
 */
export interface Stage {
  /** The pager's own; null: the first page. */
  readonly cursor: Cursor | null;
  /** What changed was read: now come the pages that list what is gone. */
  readonly isAtGraves: boolean;
  /** What the pages so far say of the next bookmark. */
  readonly mark: Mark | null;
}

/** The next bookmark, as far as it is known. */
export interface Mark {
  readonly bookmark: string | null;
  /** When the first page was answered, in milliseconds: nothing later may become the bookmark. Null: it did not say. */
  readonly until: number | null;
}

export function stageOf(cursor: Cursor | null): Stage {
  return cursor === null ? { cursor: null, isAtGraves: false, mark: null } : storedPlace(cursor, isStage);
}

export function cursorOf(stage: Stage): Cursor {
  return JSON.stringify(stage);
}

function isStage(found: object): found is Stage {
  return 'cursor' in found && 'isAtGraves' in found && 'mark' in found;
}

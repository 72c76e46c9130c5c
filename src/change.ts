import type { Values } from './record.ts';

/** A difference between the third party and the system, as it was written to the target. */
export type Change = Created | Updated | Deleted;

/** The third party has changed nothing: the row was forgotten, or somebody else has changed it, and it is written again. */
export type ChangeCause = 'repair';

export interface Created {
  readonly type: 'created';
  readonly key: string;
  readonly after: Values;
  readonly cause?: ChangeCause;
}

export interface Updated {
  readonly type: 'updated';
  readonly key: string;
  readonly before: Values;
  readonly after: Values;
  /** Positions of the columns whose values differ; never empty. */
  readonly changed: readonly number[];
  readonly cause?: ChangeCause;
}

export interface Deleted {
  readonly type: 'deleted';
  readonly key: string;
  /** What was in the row; null if the system had removed it already. */
  readonly before: Values | null;
}

/** How many changes there are of each type. */
export interface ChangeCounts {
  readonly created: number;
  readonly updated: number;
  readonly deleted: number;
}

export const noChanges: ChangeCounts = { created: 0, updated: 0, deleted: 0 };

export function sumCounts(a: ChangeCounts, b: ChangeCounts): ChangeCounts {
  return { created: a.created + b.created, updated: a.updated + b.updated, deleted: a.deleted + b.deleted };
}

/** How many changes there are of all types. */
export function sizeOf({ created, updated, deleted }: ChangeCounts): number {
  return created + updated + deleted;
}

export function countChanges(changes: readonly Change[]): ChangeCounts {
  const counts = { ...noChanges };
  for (const { type } of changes) counts[type] += 1;
  return counts;
}

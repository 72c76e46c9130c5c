import type { ChangeCounts } from '../../change.ts';
import type { Checkpoint } from '../../checkpoint.ts';
import type { Drift } from '../../drift.ts';
import type { ErrorSummary, Outcome } from '../summary.ts';

/** Where a sync stands at the end of a run: what there is to announce. */
export interface Standing {
  readonly sync: string;
  readonly run: string;
  readonly adapter: string;
  readonly outcome: Outcome;
  readonly exitCode: number;
  /** In milliseconds since the epoch. */
  readonly startedAt: number;
  readonly now: number;
  readonly errors: readonly ErrorSummary[];
  readonly resources: readonly ResourceStanding[];
}

export interface ResourceStanding {
  readonly resource: string;
  readonly checkpoint: Checkpoint;
  /** All changes that were ever committed; null where that is not known. */
  readonly totals: ChangeCounts | null;
  /** Rows that somebody else has changed and that are not being repaired. */
  readonly drift: Drift | null;
  /** The last change of what the third party's records look like. */
  readonly schemaChange: { readonly what: string; readonly at: number } | null;
}

import type { ChangeCounts } from '../change.ts';
import type { HeldEmptied, HeldUpdates } from '../checkpoint.ts';
import type { DriftCounts } from '../drift.ts';
import type { Recognised } from '../match/recognise.ts';
import type { Verdict } from '../pass/guard.ts';
import type { Rejected } from '../record.ts';

/** What a run would change of one resource. The changes themselves are in the spool. */
export interface ResourcePlan {
  readonly resource: string;
  readonly isComplete: boolean;
  readonly pages: number;
  readonly records: number;
  readonly rejected: number;
  /** The first few rejected records, with their reasons. */
  readonly rejects: readonly Pick<Rejected, 'key' | 'reasons'>[];
  /** More records were rejected than the config allows: the pass would delete nothing. */
  readonly hasTooManyRejects: boolean;
  /** Records that do not count, since another one of the pass has their key. */
  readonly duplicates: number;
  /** There are more of them than the config allows to be rejected: the pass would delete nothing. */
  readonly hasTooManyDuplicates: boolean;
  /** Fewer records came than the third party says that there are. */
  readonly isIncomplete: boolean;
  readonly unchanged: number;
  readonly counts: ChangeCounts;
  /** Missing, but not from enough consecutive complete passes: not deleted yet. */
  readonly unconfirmed: number;
  /** Null while the pass is not complete. */
  readonly verdict: Verdict | null;
  /** Rows that somebody else changed, as far as a sample shows; null where none is known. A run does not write them again. */
  readonly drift: DriftCounts | null;
  /** Values that would become empty, and that the guard would hold back: they are not among the changes. */
  readonly emptied: HeldEmptied | null;
  /** Updates that the guard would hold back: they are among the changes, as deletions are. */
  readonly updates: HeldUpdates | null;
  /** For a resource with `match`: by what the records were recognised. */
  readonly recognised?: Recognised;
  /** What the run would do to the table first, or why it could not run at all. */
  readonly table: TablePlan;
}

export interface TablePlan {
  readonly exists: boolean;
  readonly missingColumns: readonly string[];
  readonly problems: readonly string[];
}

import type { Change, ChangeCounts } from './change.ts';
import type { Alias } from './identity.ts';

/** Keeps the plan of a dry run in a temporary file, so that ten million changes need no memory. */
export interface Spool extends Disposable {
  /** Adds planned changes. A later change of the same resource and key replaces the earlier one. */
  put(resource: string, changes: readonly Change[]): void;

  /** Removes what was planned for these keys, because a later page shows that nothing changes. */
  drop(resource: string, keys: readonly string[]): void;

  /** Those of these keys for which a change is planned. */
  planned(resource: string, keys: readonly string[]): ReadonlySet<string>;

  /** Remembers which records a dry run has recognised, as a run would. */
  remember(resource: string, aliases: readonly Alias[]): void;

  /** What is remembered about these native keys and these keys. */
  remembered(
    resource: string,
    asked: { readonly natives: readonly string[]; readonly keys: readonly string[] },
  ): readonly Alias[];

  counts(resource: string): ChangeCounts;

  /** The planned changes of a resource in the order of their keys. */
  changes(resource: string): Iterable<Change>;
}

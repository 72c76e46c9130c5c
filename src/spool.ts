import type { Change, ChangeCounts } from './change.ts';
import type { Alias } from './identity.ts';

/** Where a dry run keeps its plan: in a temporary file, so that a plan of ten million changes needs no memory. */
export interface Spool extends Disposable {
  /** Adds planned changes; a later one of the same resource and key takes the place of the earlier. */
  put(resource: string, changes: readonly Change[]): void;

  /** Takes back what was planned for a key: a later page says that nothing changes. */
  drop(resource: string, keys: readonly string[]): void;

  /** Those of these keys for which a change is planned. */
  planned(resource: string, keys: readonly string[]): ReadonlySet<string>;

  /** Remembers which records a dry run has recognised, as a run would. */
  claim(resource: string, aliases: readonly Alias[]): void;

  /** What is remembered of these native keys, and of these keys. */
  claims(
    resource: string,
    asked: { readonly natives: readonly string[]; readonly keys: readonly string[] },
  ): readonly Alias[];

  counts(resource: string): ChangeCounts;

  /** The planned changes of a resource in the order of their keys. */
  changes(resource: string): Iterable<Change>;
}

import { allDifferent } from '../../batch.ts';
import { nativeOnly } from '../../identity.ts';
import type { Log } from '../../log.ts';
import type { TargetReader } from '../../target.ts';

/** A record of a first load is there already: the batch has to be repeated with a look-up of each record. */
export class NotEmptyError extends Error {}

/**
 * The resources whose tables were empty when this run took over the target. Their records need no look-up, until a row turns
 * out to be there already.
 */
export class FirstLoads {
  readonly #log: Log;
  readonly #resources = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  add(resource: string): void {
    this.#resources.add(resource);
  }

  /** Commits as a first load while the resource is one. On `NotEmptyError` it commits once more, with look-ups. */
  async commit<T>(resource: string, commit: (isFirstLoad: boolean) => Promise<T>): Promise<T> {
    const isFirstLoad = this.#resources.has(resource);
    try {
      return await commit(isFirstLoad);
    } catch (error) {
      if (!(error instanceof NotEmptyError)) throw error;
    }
    this.#resources.delete(resource);
    this.#log.debug(`${resource}: rows are there already; each record is looked up from now on`, { resource });
    return commit(false);
  }

  /** The questions of a reader that need no look-up during a first load. */
  answering(reader: Pick<TargetReader, 'compare' | 'clues'>): Pick<TargetReader, 'compare' | 'clues'> {
    const isFirstLoad = (resource: string): boolean => this.#resources.has(resource);
    return {
      compare: async (table, entries) =>
        isFirstLoad(table.resource) ? allDifferent(entries) : reader.compare(table, entries),
      // All rows are this run's: whatever looks like a record is another record of the same adapter.
      clues: (table, adapter, arrived) =>
        reader.clues(table, adapter, isFirstLoad(table.resource) ? arrived.map(nativeOnly) : arrived),
    };
  }
}

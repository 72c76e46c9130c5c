import type { ChangesPage, SnapshotPage } from '../../adapter.ts';
import { SeenSet } from '../seen-set.ts';

/** How many records of a page have a key that the pass has had before. They do not count: the first one does. */
export interface Repeated {
  /** On the same page. */
  readonly duplicates: number;
  /** On an earlier page: the pages have moved between the two hits. */
  readonly again: number;
}

export const nothingRepeated: Repeated = { duplicates: 0, again: 0 };

/** In a snapshot one key is one record. In a log, and in changes, what comes later is newer. */
export function firstCounts({ mode, isLog }: SnapshotPage | ChangesPage): boolean {
  return mode === 'snapshot' && isLog !== true;
}

/** The records that a page has brought. It marks them in the pass's seen set, and finds those that have come before. */
export class Brought {
  readonly #seen: SeenSet;
  readonly #firstCounts: boolean;
  readonly #onPage = new SeenSet();
  /** Seen on this page only as rejected: a valid record with the same key still counts. */
  readonly #rejected = new Set<number>();
  #repeated = nothingRepeated;

  constructor(seen: SeenSet, page: SnapshotPage | ChangesPage) {
    this.#seen = seen;
    this.#firstCounts = firstCounts(page);
  }

  /** Whether a record with this id does not count, since one has come before. */
  isRepeated(id: number): boolean {
    return this.#firstCounts && this.#seen.has(id) && !this.#rejected.has(id);
  }

  /** Marks records, given their ids. */
  add(ids: readonly number[]): void {
    this.#repeated = this.repeatedWith(ids);
    for (const id of ids) {
      this.#rejected.delete(id);
      this.#mark(id);
    }
  }

  /** Marks records that were rejected: they are there, so their rows must not count as missing. */
  addRejected(ids: readonly number[]): void {
    for (const id of ids) {
      if (this.#isOfEarlierPage(id)) this.repeat(0, 1);
      if (!this.#seen.has(id)) this.#rejected.add(id);
      this.#mark(id);
    }
  }

  /** Counts records that are known by their keys to have come before. */
  repeat(duplicates: number, again = 0): void {
    this.#repeated = sumRepeated(this.#repeated, { duplicates, again });
  }

  /** What has been repeated so far, if these ids come as well. Changes nothing: a transaction that is repeated asks again. */
  repeatedWith(ids: readonly number[]): Repeated {
    if (!this.#firstCounts) return nothingRepeated;
    const repeated = ids.filter((id) => this.isRepeated(id));
    const again = repeated.filter((id) => this.#isOfEarlierPage(id)).length;
    return sumRepeated(this.#repeated, { duplicates: repeated.length - again, again });
  }

  get repeated(): Repeated {
    return this.#repeated;
  }

  #isOfEarlierPage(id: number): boolean {
    return this.#firstCounts && this.#seen.has(id) && !this.#onPage.has(id);
  }

  #mark(id: number): void {
    if (!this.#seen.has(id)) this.#onPage.add(id);
    this.#seen.add(id);
  }
}

function sumRepeated(a: Repeated, b: Repeated): Repeated {
  return { duplicates: a.duplicates + b.duplicates, again: a.again + b.again };
}

/** A chunk whose records were all valid, had keys of their own, and were in our rows as they are. */
export interface KnownChunk {
  readonly digest: string;
  /** The ids of its records, in their order. */
  readonly ids: IdRuns;
  /** How many of its records have a value, for each mapped column. */
  readonly kept: readonly number[];
  /** The digest of the page that consisted of this chunk alone; null where that is not known. */
  readonly content: string | null;
}

/** A chunk that is being read. */
export interface ReadChunk {
  readonly digest: string;
  /** How many records were read so far, with those that do not count. */
  readonly count: number;
}

/** The chunks of a batch. */
export interface BatchChunks {
  /** Those that come before the batch's records, and are not read. */
  readonly known: readonly KnownChunk[];
  /** Those that its records were read from, with the position of the first record of each. */
  readonly read: readonly { readonly chunk: ReadChunk; readonly from: number }[];
}

/** Ids in their order, as runs of consecutive ones: the first id of each, and how many they are. */
export class IdRuns {
  readonly #runs: number[];
  #count = 0;

  constructor(runs: number[] = []) {
    this.#runs = runs;
    for (let at = 1; at < runs.length; at += 2) this.#count += runs[at] ?? 0;
  }

  get count(): number {
    return this.#count;
  }

  /** First id and length of each run, in one list. */
  get runs(): readonly number[] {
    return this.#runs;
  }

  add(id: number): void {
    const runs = this.#runs;
    const last = runs.length - 2;
    this.#count += 1;
    if (last >= 0 && (runs[last] ?? 0) + (runs[last + 1] ?? 0) === id) runs[last + 1] = (runs[last + 1] ?? 0) + 1;
    else runs.push(id, 1);
  }

  ids(): number[] {
    const ids: number[] = [];
    for (let at = 0; at < this.#runs.length; at += 2) {
      const first = this.#runs[at] ?? 0;
      const end = first + (this.#runs[at + 1] ?? 0);
      for (let id = first; id < end; id += 1) ids.push(id);
    }
    return ids;
  }
}

import type { Checkpoint } from '../checkpoint.ts';
import { SeenSet } from './seen-set.ts';

/** Sets of record ids, by the name of a column. */
export type ByColumn = ReadonlyMap<string, SeenSet>;

interface Sets {
  /** Records whose deletion is held back. */
  readonly deletes: SeenSet;
  /** Records that would lose their value of a column, which is held back. */
  readonly emptied: ByColumn;
  /** Records that would lose their value of a column in the pass that is under way. The guard has not judged them yet. */
  readonly pending: ByColumn;
}

const empty: Sets = { deletes: new SeenSet(), emptied: new Map(), pending: new Map() };

/** What the guard holds back, record by record: a permit is for these records and no others. Stored with the checkpoint. */
export class HeldSet implements Sets {
  readonly deletes: SeenSet;
  readonly emptied: ByColumn;
  readonly pending: ByColumn;

  constructor({ deletes, emptied, pending }: Sets = empty) {
    this.deletes = deletes;
    this.emptied = emptied;
    this.pending = pending;
  }

  with(changed: Partial<Sets>): HeldSet {
    return new HeldSet({ deletes: this.deletes, emptied: this.emptied, pending: this.pending, ...changed });
  }

  /** JSON, with each set in Base64; null if nothing is held. */
  serialize(): Uint8Array | null {
    const isEmpty = this.deletes.count === 0 && this.emptied.size === 0 && this.pending.size === 0;
    if (isEmpty) return null;
    const stored: Stored = {
      deletes: textOf(this.deletes),
      emptied: textsOf(this.emptied),
      pending: textsOf(this.pending),
    };
    return Buffer.from(JSON.stringify(stored));
  }

  static restore(serialized: Uint8Array | null): HeldSet {
    if (serialized === null) return new HeldSet();
    const { deletes, emptied, pending }: Stored = JSON.parse(Buffer.from(serialized).toString());
    return new HeldSet({ deletes: setOf(deletes), emptied: setsOf(emptied), pending: setsOf(pending) });
  }
}

/** What a pass before this one has held stays for a permission. What it was about to judge does not. */
export function heldAtStart(held: HeldSet, { held: deletes, heldEmptied = null }: Checkpoint): HeldSet {
  const emptied = heldEmptied === null ? new Map() : held.emptied;
  return new HeldSet().with({ ...(deletes && { deletes: held.deletes }), emptied });
}

interface Stored {
  readonly deletes: string;
  readonly emptied: Readonly<Record<string, string>>;
  readonly pending: Readonly<Record<string, string>>;
}

function textOf(set: SeenSet): string {
  return Buffer.from(set.serialize()).toString('base64');
}

function textsOf(sets: ByColumn): Record<string, string> {
  return Object.fromEntries([...sets].map(([column, set]) => [column, textOf(set)]));
}

function setOf(text: string): SeenSet {
  return SeenSet.restore(Buffer.from(text, 'base64'));
}

function setsOf(texts: Readonly<Record<string, string>>): ByColumn {
  return new Map(Object.entries(texts).map(([column, text]) => [column, setOf(text)]));
}

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
  /** Records whose update is held back. */
  readonly updates: SeenSet;
  /** Records that would be updated in the pass that is under way. The guard has not judged them yet. */
  readonly deferred: SeenSet;
}

const empty: Sets = {
  ...{ deletes: new SeenSet(), emptied: new Map(), pending: new Map() },
  ...{ updates: new SeenSet(), deferred: new SeenSet() },
};

/** What the guard holds back, record by record: a permit is for these records and no others. Stored with the checkpoint. */
export class HeldSet implements Sets {
  readonly deletes: SeenSet;
  readonly emptied: ByColumn;
  readonly pending: ByColumn;
  readonly updates: SeenSet;
  readonly deferred: SeenSet;

  constructor({ deletes, emptied, pending, updates, deferred }: Sets = empty) {
    this.deletes = deletes;
    this.emptied = emptied;
    this.pending = pending;
    this.updates = updates;
    this.deferred = deferred;
  }

  with(changed: Partial<Sets>): HeldSet {
    const { deletes, emptied, pending, updates, deferred } = this;
    return new HeldSet({ deletes, emptied, pending, updates, deferred, ...changed });
  }

  /** JSON, with each set in Base64; null if nothing is held. */
  serialize(): Uint8Array | null {
    const sets = [this.deletes, this.updates, this.deferred];
    const isEmpty = sets.every(({ count }) => count === 0) && this.emptied.size === 0 && this.pending.size === 0;
    if (isEmpty) return null;
    const stored: Stored = {
      deletes: textOf(this.deletes),
      emptied: textsOf(this.emptied),
      pending: textsOf(this.pending),
      updates: textOf(this.updates),
      deferred: textOf(this.deferred),
    };
    return Buffer.from(JSON.stringify(stored));
  }

  static restore(serialized: Uint8Array | null): HeldSet {
    if (serialized === null) return new HeldSet();
    const { deletes, emptied, pending, updates, deferred }: Stored = JSON.parse(Buffer.from(serialized).toString());
    return new HeldSet({
      ...{ deletes: setOf(deletes), emptied: setsOf(emptied), pending: setsOf(pending) },
      ...{ updates: setOf(updates), deferred: setOf(deferred) },
    });
  }
}

/** What a pass before this one has held stays for a permission. What it was about to judge does not. */
export function heldAtStart(
  held: HeldSet,
  { held: deletes, heldEmptied = null, heldUpdates = null }: Checkpoint,
): HeldSet {
  return new HeldSet().with({
    ...(deletes && { deletes: held.deletes }),
    ...(heldEmptied && { emptied: held.emptied }),
    ...(heldUpdates && { updates: held.updates }),
  });
}

interface Stored {
  readonly deletes: string;
  readonly emptied: Readonly<Record<string, string>>;
  readonly pending: Readonly<Record<string, string>>;
  /** Absent from what an earlier version has stored. */
  readonly updates?: string;
  readonly deferred?: string;
}

function textOf(set: SeenSet): string {
  return Buffer.from(set.serialize()).toString('base64');
}

function textsOf(sets: ByColumn): Record<string, string> {
  return Object.fromEntries([...sets].map(([column, set]) => [column, textOf(set)]));
}

function setOf(text: string | undefined): SeenSet {
  return text === undefined ? new SeenSet() : SeenSet.restore(Buffer.from(text, 'base64'));
}

function setsOf(texts: Readonly<Record<string, string>>): ByColumn {
  return new Map(Object.entries(texts).map(([column, text]) => [column, setOf(text)]));
}

import type { Arrived, Bearer, Clues } from '../../identity.ts';

/** What a database knows of arrivals. Each question is asked once for all of them. */
export interface KnownOfArrivals {
  /** From native key to key. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Native keys that are the keys of rows. */
  readonly namesakes: ReadonlySet<string>;
  /** For each arrival the rows with the same match fields. */
  readonly lookalikes: readonly (readonly Lookalike[])[];
  /** What our own tables say about the keys of all of these. */
  readonly standings: ReadonlyMap<string, Standing>;
}

export interface Lookalike {
  readonly key: string;
  /** The row has the mark of a soft delete. */
  readonly isMarked: boolean;
}

export interface Standing {
  /** Null: it is not a record of ours. */
  readonly entry: 'live' | 'deleted' | null;
  readonly takenBy: string | null;
  readonly madeBy: string | null;
}

const unknown: Standing = { entry: null, takenBy: null, madeBy: null };

/** Puts together the clues of each arrival. Pure. */
export function cluesFrom(
  arrived: readonly Arrived[],
  { aliases, namesakes, lookalikes, standings }: KnownOfArrivals,
): Clues[] {
  const bearer = (key: string, isMarked: boolean): Bearer => {
    const { entry, takenBy, madeBy } = standings.get(key) ?? unknown;
    return { key, isRecord: entry !== null, isLive: !isMarked && entry !== 'deleted', takenBy, madeBy };
  };
  // Where a batch is several transactions, an alias may be stored before its record. Its key belongs to that record already.
  const isTaken = (key: string): boolean => {
    const { entry, takenBy, madeBy } = standings.get(key) ?? unknown;
    return namesakes.has(key) || entry !== null || takenBy !== null || madeBy !== null;
  };
  return arrived.map(({ native }, n) => {
    const alias = aliases.get(native) ?? null;
    if (alias !== null) return { alias, namesake: null, lookalikes: [] };
    return {
      alias,
      namesake: isTaken(native) ? bearer(native, false) : null,
      lookalikes: (lookalikes[n] ?? []).map(({ key, isMarked }) => bearer(key, isMarked)),
    };
  });
}

/** The keys that our own tables are asked about. */
export function keysInQuestion(
  arrived: readonly Arrived[],
  lookalikes: readonly (readonly Lookalike[])[],
): readonly string[] {
  return [...new Set([...arrived.map(({ native }) => native), ...lookalikes.flat().map(({ key }) => key)])];
}

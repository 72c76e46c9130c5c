import type { Arrived, Bearer, Clues } from '../../identity.ts';

/** What a database tells of arrivals, each question asked once for all of them. */
export interface ToldOfArrivals {
  /** From native key to key. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Native keys that are the keys of rows. */
  readonly namesakes: ReadonlySet<string>;
  /** For each arrival the rows with the same match fields. */
  readonly lookalikes: readonly (readonly Lookalike[])[];
  /** What our own tables say of the keys of all of these. */
  readonly standings: ReadonlyMap<string, Standing>;
}

export interface Lookalike {
  readonly key: string;
  /** The row bears the mark of a soft delete. */
  readonly isMarked: boolean;
}

export interface Standing {
  /** Null: no record of ours. */
  readonly entry: 'live' | 'deleted' | null;
  readonly takenBy: string | null;
  readonly madeBy: string | null;
}

const unknown: Standing = { entry: null, takenBy: null, madeBy: null };

/** Puts together what each arrival's clues are. Pure. */
export function cluesFrom(
  arrived: readonly Arrived[],
  { aliases, namesakes, lookalikes, standings }: ToldOfArrivals,
): Clues[] {
  const bearer = (key: string, isMarked: boolean): Bearer => {
    const { entry, takenBy, madeBy } = standings.get(key) ?? unknown;
    return { key, isRecord: entry !== null, isLive: !isMarked && entry !== 'deleted', takenBy, madeBy };
  };
  // An alias comes before its record where a batch is several transactions: its key is nobody else's meanwhile.
  const isBorne = (key: string): boolean => {
    const { entry, takenBy, madeBy } = standings.get(key) ?? unknown;
    return namesakes.has(key) || entry !== null || takenBy !== null || madeBy !== null;
  };
  return arrived.map(({ native }, n) => {
    const alias = aliases.get(native) ?? null;
    if (alias !== null) return { alias, namesake: null, lookalikes: [] };
    return {
      alias,
      namesake: isBorne(native) ? bearer(native, false) : null,
      lookalikes: (lookalikes[n] ?? []).map(({ key, isMarked }) => bearer(key, isMarked)),
    };
  });
}

/** The keys of which our own tables are to be asked. */
export function keysInQuestion(
  arrived: readonly Arrived[],
  lookalikes: readonly (readonly Lookalike[])[],
): readonly string[] {
  return [...new Set([...arrived.map(({ native }) => native), ...lookalikes.flat().map(({ key }) => key)])];
}

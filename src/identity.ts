import type { Values } from './record.ts';

/**
 * What a third party calls a record, once it is known which record of ours that is. `isMaker`: it was none yet, and the native
 * key became its key.
 */
export type Alias = readonly [native: string, key: string, isMaker?: boolean];

/** Aliases of one adapter's, to be kept. */
export interface Aliases {
  readonly adapter: string;
  readonly known: readonly Alias[];
}

/** A record that came under a native key: the key that an adapter's own map gives. */
export interface Arrived {
  readonly native: string;
  /** Null: only the native key is known, so that nothing can be recognised by its fields. */
  readonly values: Values | null;
}

export function nativeOnly({ native }: Pick<Arrived, 'native'>): Arrived {
  return { native, values: null };
}

/** What the target knows that may tell which record of ours has arrived. */
export interface Clues {
  /** The key that this native key stands for; null if it has never come before. Where there is one, nothing else is told. */
  readonly alias: string | null;
  /** What bears the native key as its own key, or will, once it is written; null if nobody does. */
  readonly namesake: Bearer | null;
  /** Rows whose match fields hold the same, and neither null nor nothing. */
  readonly lookalikes: readonly Bearer[];
}

/** A row of the system's, or what is left of one, or what an alias alone speaks of yet. */
export interface Bearer {
  readonly key: string;
  /** Sync has written it before, or compared it. */
  readonly isRecord: boolean;
  /** Neither the row nor our entry is marked as deleted. */
  readonly isLive: boolean;
  /** The native key of the same adapter that stands for it. */
  readonly takenBy: string | null;
  /** The adapter whose native key has become its key; null if that is not known. */
  readonly madeBy: string | null;
}

export const noClues: Clues = { alias: null, namesake: null, lookalikes: [] };

/** More rows than this with the same match fields tell nothing: no more of them are looked at. */
export const mostLookalikes = 100;

import type { Values } from './record.ts';

/**
 * What a third party calls a record, once it is known which record of ours that is. `isMaker`: there was no such record yet,
 * and the native key became its key.
 */
export type Alias = readonly [native: string, key: string, isMaker?: boolean];

/** One of the names of a record: what the third party of this adapter calls it. */
export interface KnownAs {
  readonly adapter: string;
  readonly native: string;
  /** The native key became the key of the record. */
  readonly isMaker: boolean;
}

/** Aliases of one adapter, to be stored. */
export interface Aliases {
  readonly adapter: string;
  readonly known: readonly Alias[];
}

/** A record that came under a native key, which is the key that the adapter's own map gives it. */
export interface Arrived {
  readonly native: string;
  /** Null: only the native key is known, so the record cannot be recognised by its fields. */
  readonly values: Values | null;
}

export function nativeOnly({ native }: Pick<Arrived, 'native'>): Arrived {
  return { native, values: null };
}

/** What the target knows that helps to recognise which record of ours has arrived. */
export interface Clues {
  /** The key that this native key stands for; null if it has never come before. If it is known, the other clues are empty. */
  readonly alias: string | null;
  /** What has the native key as its own key, or will have it once it is written; null if nothing does. */
  readonly namesake: Bearer | null;
  /** Rows whose match fields have the same values. Null and empty text match nothing. */
  readonly lookalikes: readonly Bearer[];
}

/** What has a key: a row of the system, our entry of a row that is gone, or an alias whose record is not written yet. */
export interface Bearer {
  readonly key: string;
  /** An earlier run has written it, or compared it. */
  readonly isRecord: boolean;
  /** Neither the row nor our entry is marked as deleted. */
  readonly isLive: boolean;
  /** The native key of the same adapter that stands for it; null if there is none. */
  readonly takenBy: string | null;
  /** The adapter whose native key has become its key; null if that is not known. */
  readonly madeBy: string | null;
}

export const noClues: Clues = { alias: null, namesake: null, lookalikes: [] };

/** More rows than this with the same match fields help nobody: no more of them are looked at. */
export const mostLookalikes = 100;

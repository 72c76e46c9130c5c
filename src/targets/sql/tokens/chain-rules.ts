import type { ClaimedToken } from '../../../refresh-tokens.ts';

// What becomes of a chain of refresh tokens. Times are in milliseconds, by the clock of the database.

/** What a database keeps of one chain. */
export interface KeptChain {
  /** Encrypted; null: the first token of the chain has not been replaced. */
  readonly token: string | null;
  readonly storedAt: number | null;
  /** Who uses the token now; null: nobody. */
  readonly claim: string | null;
  readonly claimedAt: number;
  readonly claimedUntil: number;
  /** When an answer was asked for that is lost; null: none was. */
  readonly lostAt: number | null;
}

/** What becomes of a chain, and the answer to whoever asked. */
export interface ChainDecision<T> {
  readonly keeps: KeptChain;
  readonly answer: T;
}

/** Whoever left a claim behind has died, or has not stored the answer: it may have come. */
export function claimChain(
  kept: KeptChain,
  by: string,
  forMs: number,
  now: number,
): ChainDecision<ClaimedToken | null> {
  if (kept.claim !== null && kept.claimedUntil > now) return { keeps: kept, answer: null };
  const lostAt = kept.lostAt ?? (kept.claim === null ? null : kept.claimedAt);
  return {
    keeps: { ...kept, claim: by, claimedAt: now, claimedUntil: now + Math.ceil(forMs), lostAt },
    answer: { token: kept.token, lostAt: lostAt === null ? null : new Date(lostAt) },
  };
}

/** A call that is repeated, because its answer was lost, finds the token stored. */
export function replaceToken(kept: KeptChain, by: string, token: string, now: number): ChainDecision<boolean> {
  if (kept.claim !== by) return { keeps: kept, answer: kept.token === token };
  return { keeps: { ...kept, token, storedAt: now, claim: null, lostAt: null }, answer: true };
}

export function releaseChain(kept: KeptChain, by: string, lostAt: number | null): ChainDecision<void> {
  return { keeps: kept.claim === by ? { ...kept, claim: null, lostAt } : kept, answer: undefined };
}

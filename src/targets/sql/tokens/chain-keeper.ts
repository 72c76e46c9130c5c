import type { RefreshTokens } from '../../../refresh-tokens.ts';
import { type ChainDecision, claimChain, type KeptChain, releaseChain, replaceToken } from './chain-rules.ts';

/** Changes what a database keeps of a chain. Each call is one transaction in which nobody else changes it. */
export type ChangeChain = <T>(chain: string, decide: (kept: KeptChain, now: number) => ChainDecision<T>) => Promise<T>;

/** A keeper of refresh tokens in a database. The databases differ only in how they change the row of a chain. */
export function chainKeeper(change: ChangeChain): RefreshTokens {
  return {
    claim: (chain, by, forMs) => change(chain, (kept, now) => claimChain(kept, by, forMs, now)),
    replace: (chain, by, token) => change(chain, (kept, now) => replaceToken(kept, by, token, now)),
    release: (chain, by, lostAt) => change(chain, (kept) => releaseChain(kept, by, lostAt?.getTime() ?? null)),
  };
}

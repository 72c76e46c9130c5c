import { hash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpClient } from '../../adapter.ts';
import { crashPoint } from '../../crash.ts';
import { ProtocolError, UnreachableError } from '../../errors.ts';
import { canonicalJson } from '../../record.ts';
import type { ClaimedToken, RefreshTokens } from '../../refresh-tokens.ts';
import type { Timings } from '../../timings.ts';
import type { RefreshGrant } from './grant.ts';
import { isClaimed, LostTokenError, noKeyFits, onlyRunsRefresh, refusalOf } from './refresh-errors.ts';
import { requestToken, type TokenAnswer } from './request.ts';
import { seal, unseal } from './seal.ts';

/** What a request for an access token is made with. */
export interface Asking {
  readonly client: HttpClient;
  /** Absent in a dry run, which replaces nothing. */
  readonly refreshTokens: RefreshTokens | undefined;
  readonly signal: AbortSignal;
  /** How long one request may take, with the wait for its slot. */
  readonly requestMs: number;
  readonly timings: Pick<Timings, 'tokenStoreMs' | 'tokenStepMs'>;
  /** Masks a secret in every output from then on. */
  readonly hide: (secret: string) => void;
}

/** Names all tokens that follow from one first token of a client. */
export function chainOf({ tokenUrl, clientId, refreshToken }: Omit<RefreshGrant, 'tokenKeys'>): string {
  return hash('sha256', canonicalJson({ tokenUrl, clientId, refreshToken })).slice(0, 32);
}

/**
 * Requests an access token with the newest refresh token of the chain.
 *
 * 1. Claim the chain. While somebody else has it, wait, until `hasToken`: then there is an access token already.
 * 2. Request. The server may replace the refresh token with its answer.
 * 3. Store the new refresh token, encrypted. Only then may the access token be used.
 *
 * A process that dies between 2 and 3 loses the new token: the next one asks with the old token, which some servers accept for a
 * while. Where they do not, a person must get another one. Null: there is an access token already.
 */
export async function refresh(
  auth: RefreshGrant,
  asking: Asking,
  hasToken: () => Promise<boolean>,
): Promise<TokenAnswer | null> {
  const { refreshTokens } = asking;
  if (refreshTokens === undefined) throw onlyRunsRefresh(auth);
  const claim = { refreshTokens, chain: chainOf(auth), by: randomUUID() };
  const claimed = await claimChain(auth, claim, asking, hasToken);
  if (claimed === null) return null;
  const { answer, refreshToken } = await requestWith(auth, claimed, claim, asking);
  crashPoint('token-answered');
  if (answer.refreshToken === null || answer.refreshToken === refreshToken) await release(claim, null);
  else await store(auth, answer.refreshToken, claim, asking.timings);
  crashPoint('token-stored');
  return answer;
}

interface Claim {
  readonly refreshTokens: RefreshTokens;
  readonly chain: string;
  /** Of this request only. */
  readonly by: string;
}

/** Null: there is an access token already. */
async function claimChain(
  auth: RefreshGrant,
  claim: Claim,
  { signal, requestMs, timings: { tokenStoreMs, tokenStepMs } }: Asking,
  hasToken: () => Promise<boolean>,
): Promise<ClaimedToken | null> {
  const waitsUntil = performance.now() + requestMs;
  const tryClaim = () => claim.refreshTokens.claim(claim.chain, claim.by, requestMs + tokenStoreMs);
  let claimed = await tryClaim();
  while (claimed === null) {
    if (await hasToken()) return null;
    if (performance.now() >= waitsUntil) throw isClaimed(auth);
    await sleep(tokenStepMs, undefined, { signal });
    claimed = await tryClaim();
  }
  if (!(await hasToken())) return claimed;
  await release(claim, claimed.lostAt);
  return null;
}

async function requestWith(auth: RefreshGrant, claimed: ClaimedToken, claim: Claim, { client, hide }: Asking) {
  const askedAt = new Date();
  try {
    const refreshToken = currentOf(auth, claimed, claim.chain);
    hide(refreshToken);
    const refused = (code: string) => refusalOf(auth, code, claimed.lostAt);
    const request = { type: 'refresh_token', fields: { refresh_token: refreshToken }, refused };
    const answer = await requestToken(auth, request, client);
    if (answer.refreshToken !== null) hide(answer.refreshToken);
    return { answer, refreshToken };
  } catch (error) {
    const mayHaveReplaced = error instanceof UnreachableError || isUnreadable(error);
    await release(claim, claimed.lostAt ?? (mayHaveReplaced ? askedAt : null));
    throw error;
  }
}

/** A success without an access token may have replaced the refresh token all the same. */
function isUnreadable(error: unknown): boolean {
  return error instanceof ProtocolError && error.status === undefined;
}

function currentOf(auth: RefreshGrant, { token }: ClaimedToken, chain: string): string {
  if (token === null) return auth.refreshToken;
  const opened = unseal(token, auth.tokenKeys, chain);
  if (opened !== null) return opened;
  throw noKeyFits();
}

/** It exists nowhere else: only a database that stays away for long loses it. */
async function store(
  auth: RefreshGrant,
  token: string,
  { refreshTokens, chain, by }: Claim,
  { tokenStoreMs, tokenStepMs }: Asking['timings'],
): Promise<void> {
  const sealed = seal(token, auth.tokenKeys, chain);
  const until = performance.now() + tokenStoreMs;
  for (;;) {
    try {
      if (await refreshTokens.replace(chain, by, sealed)) return;
      throw new LostTokenError(auth, 'another run asked for one meanwhile');
    } catch (error) {
      if (!(error instanceof UnreachableError) || error instanceof LostTokenError) throw error;
      if (performance.now() >= until) throw new LostTokenError(auth, error.message);
      await sleep(tokenStepMs);
    }
  }
}

function release({ refreshTokens, chain, by }: Claim, lostAt: Date | null): Promise<void> {
  return refreshTokens.release(chain, by, lostAt);
}

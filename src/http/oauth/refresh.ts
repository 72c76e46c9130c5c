import { hash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpClient } from '../../adapter.ts';
import { crashPoint } from '../../crash.ts';
import {
  ConfigError,
  CredentialsError,
  ExitCode,
  ProtocolError,
  ThrottledError,
  UnreachableError,
} from '../../errors.ts';
import { canonicalJson } from '../../record.ts';
import type { ClaimedToken, RefreshTokens } from '../../refresh-tokens.ts';
import { placeOf } from '../translate.ts';
import type { RefreshGrant } from './grant.ts';
import { requestToken, type TokenAnswer } from './request.ts';
import { seal, unseal } from './seal.ts';

/** How often it is tried to store a token that exists nowhere else, and how long in between. */
const storeTries = 15;
const storeStepMs = 1000;
/** How often it is looked whether somebody else's request is over. */
const lookStepMs = 250;

/** What a request for an access token is made with. */
export interface Asking {
  readonly client: HttpClient;
  /** Absent in a dry run, which replaces nothing. */
  readonly refreshTokens: RefreshTokens | undefined;
  readonly signal: AbortSignal;
  /** How long one request may take, with the wait for its slot. */
  readonly requestMs: number;
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
  { client, refreshTokens, signal, requestMs }: Asking,
  hasToken: () => Promise<boolean>,
): Promise<TokenAnswer | null> {
  if (refreshTokens === undefined) throw onlyRunsRefresh(auth);
  const chain = chainOf(auth);
  const by = randomUUID();
  const forMs = requestMs + storeTries * storeStepMs;
  const waitsUntil = performance.now() + requestMs;
  let claimed = await refreshTokens.claim(chain, by, forMs);
  while (claimed === null) {
    if (await hasToken()) return null;
    if (performance.now() >= waitsUntil) throw isClaimed(auth);
    await sleep(lookStepMs, undefined, { signal });
    claimed = await refreshTokens.claim(chain, by, forMs);
  }
  if (await hasToken()) {
    await refreshTokens.release(chain, by, claimed.lostAt);
    return null;
  }
  return refreshClaimed(auth, claimed, { client, refreshTokens, chain, by });
}

interface Claim {
  readonly client: HttpClient;
  readonly refreshTokens: RefreshTokens;
  readonly chain: string;
  readonly by: string;
}

async function refreshClaimed(auth: RefreshGrant, claimed: ClaimedToken, claim: Claim): Promise<TokenAnswer> {
  const { client, refreshTokens, chain, by } = claim;
  const askedAt = new Date();
  try {
    const refreshToken = currentOf(auth, claimed, chain);
    const fields = { refresh_token: refreshToken };
    const refused = (code: string) => refusalOf(auth, code, claimed);
    const answer = await requestToken(auth, { type: 'refresh_token', fields, refused }, client);
    crashPoint('token-answered');
    if (answer.refreshToken === null || answer.refreshToken === refreshToken)
      await refreshTokens.release(chain, by, null);
    else await store(auth, answer.refreshToken, claim);
    crashPoint('token-stored');
    return answer;
  } catch (error) {
    if (!(error instanceof LostTokenError)) {
      await refreshTokens.release(chain, by, isAnswered(error) ? claimed.lostAt : (claimed.lostAt ?? askedAt));
    }
    throw error;
  }
}

function currentOf(auth: RefreshGrant, { token }: ClaimedToken, chain: string): string {
  if (token === null) return auth.refreshToken;
  const opened = unseal(token, auth.tokenKeys, chain);
  if (opened !== null) return opened;
  throw new ConfigError(`no key of tokenKey decrypts the refresh token that is stored; no hit was made`, {
    hint: 'Put the key that was used before into the list as well. If it is lost, get another refresh token and put it into refreshToken.',
  });
}

/** It exists nowhere else: only a database that stays away for long loses it. */
async function store(auth: RefreshGrant, token: string, { refreshTokens, chain, by }: Claim): Promise<void> {
  const sealed = seal(token, auth.tokenKeys, chain);
  for (let tries = 1; ; tries += 1) {
    try {
      if (await refreshTokens.replace(chain, by, sealed)) return;
      throw new LostTokenError(auth, 'another run asked for one meanwhile');
    } catch (error) {
      if (!(error instanceof UnreachableError) || error instanceof LostTokenError) throw error;
      if (tries >= storeTries) throw new LostTokenError(auth, error.message);
      await sleep(storeStepMs);
    }
  }
}

/** The claim is left as it is: the next run learns from it that an answer was lost. */
class LostTokenError extends UnreachableError {
  constructor({ tokenUrl }: RefreshGrant, why: string) {
    super(
      `${placeOf(new URL(tokenUrl))} has replaced the refresh token, and the new one could not be stored (${why}); no page was requested`,
      {
        hint: 'The next run tries the old one. If it is refused, get another refresh token and put it into refreshToken.',
      },
    );
  }
}

/** Whether an error says that the server has replaced nothing: it has answered, or nothing was sent. */
function isAnswered(error: unknown): boolean {
  return (
    error instanceof CredentialsError ||
    error instanceof ThrottledError ||
    error instanceof ConfigError ||
    (error instanceof ProtocolError && error.status !== undefined)
  );
}

function refusalOf({ tokenUrl }: RefreshGrant, code: string, { lostAt }: ClaimedToken): CredentialsError {
  const place = placeOf(new URL(tokenUrl));
  if (code !== 'invalid_grant') {
    return new CredentialsError(`${place} refused us a token (400, ${plainCode(code)}); no page was requested`, {
      status: 400,
      hint: 'Check clientId, clientSecret and scope in the config.',
    });
  }
  const lost =
    lostAt === null
      ? ''
      : `. The answer to the request of ${lostAt.toISOString()}, which may have replaced it, was lost`;
  return new CredentialsError(`${place} refused the refresh token (invalid_grant)${lost}; no page was requested`, {
    status: 400,
    hint: 'Allow access again at the third party, and put the new refresh token into refreshToken: it is used at once.',
  });
}

/** A code is a word (RFC 6749 section 5.2); anything else may be anything. */
export function plainCode(code: string): string {
  return /^[\w.-]{1,60}$/.test(code) ? code : 'no error code';
}

function onlyRunsRefresh({ tokenUrl }: RefreshGrant): CredentialsError {
  return new CredentialsError(
    `there is no access token that lives, and a dry run asks ${placeOf(new URL(tokenUrl))} for none: the answer may replace the refresh token; no hit was made`,
    { hint: 'Let a run ask for it. Dry runs use the access token of the last run.' },
  );
}

function isClaimed({ tokenUrl }: RefreshGrant): ThrottledError {
  const place = placeOf(new URL(tokenUrl));
  return new ThrottledError(lookStepMs, {
    exitCode: ExitCode.ok,
    message: `another run asks ${place} for an access token with the same refresh token; no hit was made`,
  });
}

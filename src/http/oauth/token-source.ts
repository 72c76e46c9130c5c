import { formatDuration } from '../../duration.ts';
import { ConfigError, CredentialsError } from '../../errors.ts';
import type { TokenStore } from '../../token.ts';
import { credentialsDigest } from '../auth.ts';
import { placeOf } from '../translate.ts';
import { signAssertion } from './assertion.ts';
import type { ClientCredentials, JwtBearer, OAuth2 } from './grant.ts';
import { type Asking, refresh } from './refresh.ts';
import { plainCode } from './refusal.ts';
import { requestToken, type TokenAnswer, type TokenRequest } from './request.ts';

/** The source of access tokens (OAuth 2.0, RFC 6749). */
export interface TokenSource {
  /** Returns the stored token, or a new one. */
  get(asking: Asking): Promise<AccessToken>;
  /** Forgets a token that was refused, so that nobody uses it again. */
  drop(token: AccessToken): Promise<void>;
}

export interface AccessToken {
  readonly text: string;
  /** Requested by this process: if it is refused, another one will not help. */
  readonly isNew: boolean;
}

/** A token is dropped a tenth of its life before it expires, at most a minute. */
const mostMarginMs = 60_000;
const marginShare = 0.1;

export interface TokenOptions {
  /** The throttle key, under which the token is stored. */
  readonly key: string;
  /** How soon after the request for a token the first page can be requested: the token must live that long. 0: at once. */
  readonly pageAfterMs: number;
}

/** A stored token is marked with the credentials that it was issued for. */
export function createTokenSource(auth: OAuth2, { key, pageAfterMs }: TokenOptions, store: TokenStore): TokenSource {
  const mark = `${credentialsDigest(auth)} `;
  let asked: AccessToken | null = null;
  let endsAt = 0;
  const readKept = async (): Promise<AccessToken | null> => {
    const kept = await store.read(key);
    return kept?.startsWith(mark) ? { text: kept.slice(mark.length), isNew: false } : null;
  };

  return {
    async get(asking) {
      if (asked && performance.now() < endsAt) return asked;
      const kept = await readKept();
      if (kept) return kept;
      const answer = await askFor(auth, asking, async () => (await readKept()) !== null);
      if (answer === null) return this.get(asking);
      const { text, lifeMs } = answer;
      const forMs = Math.max(0, lifeMs - Math.min(mostMarginMs, lifeMs * marginShare));
      if (pageAfterMs > 0 && forMs <= pageAfterMs) throw livesTooShort(auth, lifeMs, pageAfterMs);
      asked = { text, isNew: true };
      endsAt = performance.now() + forMs;
      if (forMs > 0) await store.keep(key, mark + text, forMs);
      return asked;
    },
    async drop({ text }) {
      asked = null;
      await store.drop(key, mark + text);
    },
  };
}

/** Every slot would bring a token, and none a page. */
function livesTooShort({ tokenUrl }: OAuth2, lifeMs: number, pageAfterMs: number): ConfigError {
  return new ConfigError(
    `the access token of ${placeOf(new URL(tokenUrl))} lives ${formatDuration(lifeMs)}, and the throttle allows the first page only ` +
      `${formatDuration(pageAfterMs)} after the request for it; no page was requested`,
    {
      hint: 'Allow two hits, with "hits": 2 in the throttle of the adapter, or have the API issue tokens that live longer.',
    },
  );
}

/** Null: somebody else has got one meanwhile. */
function askFor(auth: OAuth2, asking: Asking, hasToken: () => Promise<boolean>): Promise<TokenAnswer | null> {
  if (auth.grant === 'refresh_token') return refresh(auth, asking, hasToken);
  const request = auth.grant === 'jwt-bearer' ? byAssertion(auth, asking.hide) : byCredentials(auth);
  return requestToken(auth, request, asking.client);
}

function byCredentials({ tokenUrl }: ClientCredentials): TokenRequest {
  const refused = refusing(tokenUrl, 'Check clientId, clientSecret and scope in the config.');
  return { type: 'client_credentials', fields: {}, refused };
}

function byAssertion({ tokenUrl, assertion }: JwtBearer, hide: Asking['hide']): TokenRequest {
  const hint =
    'Check the issuer, subject, audience and key of `assertion` in the config, and the clock of this machine.';
  const signed = signAssertion(assertion, tokenUrl);
  hide(signed);
  return {
    type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    fields: { assertion: signed },
    refused: refusing(tokenUrl, hint),
  };
}

function refusing(tokenUrl: string, hint: string): TokenRequest['refused'] {
  const place = placeOf(new URL(tokenUrl));
  return (code) =>
    new CredentialsError(`${place} refused us a token (400, ${plainCode(code)}); no page was requested`, {
      status: 400,
      hint,
    });
}

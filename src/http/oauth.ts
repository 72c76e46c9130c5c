import type { HttpClient, HttpResponse } from '../adapter.ts';
import { formatDuration } from '../duration.ts';
import { ConfigError, CredentialsError, ProtocolError } from '../errors.ts';
import { parseJson } from '../json.ts';
import type { TokenStore } from '../token.ts';
import { credentialsDigest, type OAuth2 } from './auth.ts';
import { placeOf } from './translate.ts';

/** The source of access tokens (OAuth 2.0 client credentials, RFC 6749 section 4.4). */
export interface TokenSource {
  /** Returns the stored token, or a new one, requested with this client. */
  get(client: HttpClient): Promise<AccessToken>;
  /** Forgets a token that was refused, so that nobody uses it again. */
  drop(token: AccessToken): Promise<void>;
}

export interface AccessToken {
  readonly text: string;
  /** Requested by this process: if it is refused, another one will not help. */
  readonly isNew: boolean;
}

/** A token is dropped a tenth of its life before it expires, at most a minute; one without a lifetime is kept for ten minutes. */
const mostMarginMs = 60_000;
const marginShare = 0.1;
const unknownLifeMs = 600_000;
const longestAnswer = 64 * 1024;

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

  return {
    async get(client) {
      if (asked && performance.now() < endsAt) return asked;
      const kept = await store.read(key);
      if (kept?.startsWith(mark)) return { text: kept.slice(mark.length), isNew: false };
      const { text, lifeMs } = await askFor(auth, client);
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

async function askFor(auth: OAuth2, client: HttpClient): Promise<{ text: string; lifeMs: number }> {
  const url = new URL(auth.tokenUrl);
  const response = await client.request({ url, method: 'POST', ...formOf(auth) }).catch((error: unknown) => {
    if (!(error instanceof ProtocolError) || error.status !== 400) throw error;
    throw new CredentialsError(`${placeOf(url)} refused us a token (400); no page was requested`, {
      status: 400,
      hint: 'Check clientId, clientSecret and scope in the config.',
    });
  });
  const { access_token: text, expires_in: seconds } = await readAnswer(response);
  if (typeof text !== 'string' || text === '')
    throw new ProtocolError(`${placeOf(url)} answered without an access_token; no page was requested`);
  const life = Number(seconds ?? Number.NaN) * 1000;
  return { text, lifeMs: Number.isFinite(life) ? life : unknownLifeMs + mostMarginMs };
}

function formOf({ clientId, clientSecret, scope, params = {}, send = 'basic' }: OAuth2) {
  const inBody = send === 'body' ? { client_id: clientId, client_secret: clientSecret } : {};
  const fields = { grant_type: 'client_credentials', ...(scope !== undefined && { scope }), ...params, ...inBody };
  const proof = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64');
  return {
    body: new URLSearchParams(fields).toString(),
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      ...(send === 'basic' && { authorization: `Basic ${proof}` }),
    },
  };
}

async function readAnswer({ url, body }: HttpResponse): Promise<{ access_token?: unknown; expires_in?: unknown }> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > longestAnswer) break;
  }
  try {
    const answer = parseJson(text);
    if (typeof answer === 'object' && answer !== null) return answer;
  } catch {
    // Its content may be a secret, so the message does not show it.
  }
  throw new ProtocolError(`${placeOf(url)} answered something that is not a JSON object; no page was requested`);
}

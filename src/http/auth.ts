import { createHmac, hash } from 'node:crypto';
import type { HttpRequest, Sign } from '../adapter.ts';
import { canonicalJson } from '../record.ts';
import type { OAuth2 } from './oauth/grant.ts';

/** How requests are authenticated. */
export type Auth =
  | { readonly type: 'none' }
  | { readonly type: 'bearer'; readonly token: string }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'header'; readonly name: string; readonly value: string }
  | { readonly type: 'query'; readonly param: string; readonly value: string }
  | { readonly type: 'module'; readonly module: string }
  | OAuth2;

/** Makes a function that adds credentials and common headers to a request. A request's own headers win over the common ones. */
export function authorizer(
  auth: Auth = { type: 'none' },
  headers: Readonly<Record<string, string>> = {},
): (request: HttpRequest) => HttpRequest {
  const proof = proofOf(auth);
  const common = lowerCased(headers);
  return (request) => ({
    ...request,
    url: auth.type === 'query' ? withParameter(request.url, auth.param, auth.value) : request.url,
    headers: { ...common, ...lowerCased(request.headers ?? {}), ...proof },
  });
}

/** As `authorizer`, with a signature added last, so that it covers what is sent. */
export function signer(
  authorize: (request: HttpRequest) => HttpRequest,
  sign: Sign,
): (request: HttpRequest) => Promise<HttpRequest> {
  return async (request) => {
    const ready = authorize(request);
    return { ...ready, headers: { ...ready.headers, ...lowerCased(await sign(ready)) } };
  };
}

/**
 * Identifies credentials, and the certificate that is shown with them, without revealing them: a back-off for refused ones
 * ends when this changes.
 */
export function credentialsDigest(auth: Auth = { type: 'none' }, cert?: string): string {
  return hash('sha256', canonicalJson(cert === undefined ? auth : { auth, cert })).slice(0, 16);
}

/** What distinguishes one account of a third party from another. */
export interface AccountCredentials {
  readonly auth: Auth | undefined;
  /** The secrets that the adapter's config has beside `auth`, such as the value of a header. */
  readonly secrets: readonly string[];
}

/**
 * Identifies the account that credentials belong to, without revealing them. The digest is made with the name of the sync, so
 * that two syncs do not show that they share an account. With OAuth, the client is the account, with the refresh token that a
 * person has put in, or the subject: its access token, its secret and its keys may be rotated. Any other token may belong to
 * anybody, so a new one is another account.
 */
export function accountDigest({ auth, secrets }: AccountCredentials, name: string): string {
  const identity = canonicalJson({ auth: identityOf(auth), secrets });
  return createHmac('sha256', `cronsync account ${name}`).update(identity).digest('hex').slice(0, 16);
}

function identityOf(auth: Auth = { type: 'none' }): object {
  if (auth.type !== 'oauth2') return auth;
  const { type, tokenUrl, scope, params, grant } = auth;
  const client = { type, tokenUrl, clientId: auth.clientId, scope, params };
  if (grant === 'client_credentials') return client;
  if (grant === 'refresh_token') return { ...client, grant, refreshToken: auth.refreshToken };
  const { privateKey: _privateKey, algorithm: _algorithm, keyId: _keyId, ...assertion } = auth.assertion;
  return { ...client, grant, assertion };
}

function proofOf(auth: Auth): Readonly<Record<string, string>> {
  if (auth.type === 'bearer') return { authorization: `Bearer ${auth.token}` };
  if (auth.type === 'header') return { [auth.name.toLowerCase()]: auth.value };
  if (auth.type !== 'basic') return {};
  return { authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}` };
}

function lowerCased(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function withParameter(url: URL, name: string, value: string): URL {
  const copy = new URL(url);
  copy.searchParams.set(name, value);
  return copy;
}

import type { HttpRequest } from '../../adapter.ts';
import type { AdapterConfig } from '../../config/schema/schema.ts';
import type { OAuth2 } from '../../http/oauth/grant.ts';
import type { Asking } from '../../http/oauth/refresh.ts';
import type { CredentialOptions, RunOptions, ThrottledClientOptions } from '../../http/throttled.ts';
import { freesAfterMs } from '../../throttle.ts';
import type { TokenStore } from '../../token.ts';

/** The access tokens of an adapter. */
export interface OpenTokens {
  /** Of the client that asks for tokens, made from those of the client that asks for pages. */
  clientOptions(options: ThrottledClientOptions): ThrottledClientOptions;
  /** The access token of each request, masked in every output from then on. */
  askedWith(asking: Asking): NonNullable<CredentialOptions['token']>;
}

/** Null: the adapter has no `oauth2`. */
export async function openTokens(
  config: AdapterConfig,
  origins: readonly string[],
  store: TokenStore,
): Promise<OpenTokens | null> {
  const { auth } = config.type === 'singer' ? {} : config;
  if (auth?.type !== 'oauth2') return null;
  const { createTokenSource } = await import('../../http/oauth/token-source.ts');
  const { windows } = config.throttle;
  const isOnTheApi = origins.includes(new URL(auth.tokenUrl).origin);
  const closedBy = isOnTheApi ? windows.filter(({ hits }) => hits === 1) : [];
  const pageAfterMs = Math.max(0, ...closedBy.map(freesAfterMs));
  const key = await storeKeyOf(auth, config, origins);
  const tokens = createTokenSource(auth, { key, pageAfterMs }, store);
  return {
    clientOptions(options) {
      const own = clientOptions(options, auth);
      return auth.grant === 'refresh_token' ? { ...own, run: stoppedUntilSent(own.run) } : own;
    },
    askedWith: (asking) => ({
      async get() {
        const token = await tokens.get(asking);
        asking.hide(token.text);
        return token;
      },
      drop: (token) => tokens.drop(token),
    }),
  };
}

/** All syncs of a throttle key share its token. One that was got with a refresh token belongs to those who share that. */
async function storeKeyOf(auth: OAuth2, { throttle }: AdapterConfig, origins: readonly string[]): Promise<string> {
  if (auth.grant === 'refresh_token') {
    const { chainOf } = await import('../../http/oauth/refresh.ts');
    return `token-${chainOf(auth)}`;
  }
  const { throttleKeyOf } = await import('../../http/throttle-key.ts');
  return throttle.key ?? throttleKeyOf(new URL(origins[0] ?? auth.tokenUrl));
}

/** A token endpoint says why it refuses (RFC 6749 section 5.2). */
const answers: ReadonlySet<number> = new Set([400]);

/**
 * A token is asked for by a client that goes nowhere else. The request is a hit, and takes a slot, only on the third
 * party's own origin.
 */
function clientOptions(
  { recorder: _recorder, ...options }: ThrottledClientOptions,
  { tokenUrl, tls }: OAuth2,
): ThrottledClientOptions {
  const { throttle, run } = options;
  const { origin } = new URL(tokenUrl);
  const credentials = { ...options.credentials, origins: [origin], authorize: (request: HttpRequest) => request };
  if (options.credentials.origins.includes(origin)) return { ...options, credentials, answers };
  const { onHit: _onHit, onSlot: _onSlot, onAnswer: _onAnswer, ...silentRun } = run;
  const transport = { ...options.transport, way: { ...options.transport.way, tls } };
  return { ...options, transport, credentials, answers, throttle: { ...throttle, keepers: [] }, run: silentRun };
}

/** A run that stops still reads the answer to what it has sent: the new refresh token in it exists nowhere else. */
function stoppedUntilSent(run: RunOptions): RunOptions {
  const { signal, onHit } = run;
  const stopping = new AbortController();
  const stop = () => stopping.abort(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop);
  return {
    ...run,
    signal: stopping.signal,
    onHit() {
      signal.removeEventListener('abort', stop);
      onHit?.();
    },
  };
}

import { ConfigError, messageOf, SyncError, UnreachableError } from '../errors.ts';
import type { Listener } from '../listener.ts';
import { failureOf } from './answer.ts';
import { openPoster } from './post.ts';
import { isPrivateAddress, publicLookup } from './private-address.ts';
import { signaturesOf, signingKey } from './signature.ts';

export interface WebhookListenerOptions {
  /** The listener's own, for people. */
  readonly name: string;
  readonly url: URL;
  /** Base64; each makes a signature of its own. */
  readonly secrets: readonly string[];
  /** Sent with every delivery. */
  readonly headers: Readonly<Record<string, string>>;
  readonly allowPrivate: boolean;
  readonly userAgent: string;
  /** Keeps secrets out of what an answer is quoted with. */
  readonly redact: (text: string) => string;
}

/** What one request brings. */
export interface Message {
  /** What the receiver may tell repeated requests by. */
  readonly idempotencyKey: string;
  readonly contentType: string;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** A receiver's URL, and what it is to believe us by. */
export interface Webhook extends Disposable {
  /** Makes one request, signed; rejects with what its answer means (`DeadLetter`, `RetryLater` …), or the signal's reason. */
  send(message: Message): Promise<void>;
}

/**
 * Posts each event as a structured CloudEvent (HTTP binding 1.0.2, section 3.2). One request for one delivery. Throws
 * `ConfigError` for a URL whose host is a private address that is not allowed.
 */
export function createWebhookListener(options: WebhookListenerOptions): Listener {
  const webhook = openWebhook(options);
  return {
    deliver({ idempotencyKey, json: body, signal }) {
      return webhook.send({ idempotencyKey, contentType: 'application/cloudevents+json; charset=UTF-8', body, signal });
    },
    async [Symbol.asyncDispose]() {
      webhook[Symbol.dispose]();
    },
  };
}

/** Opens what signs after Standard Webhooks 1.0.0 and posts. Throws `ConfigError` as `createWebhookListener` does. */
export function openWebhook(options: WebhookListenerOptions): Webhook {
  const { name, url, secrets, allowPrivate, redact } = options;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!allowPrivate && isPrivateAddress(host)) throw privateUrl(name, host);
  const keys = secrets.map(signingKey);
  const poster = openPoster(url, allowPrivate ? { redact } : { redact, lookup: publicLookup });

  return {
    async send(message) {
      const { body, signal } = message;
      signal.throwIfAborted();
      const answer = await poster.post({ headers: headersOf(message, options, keys), body, signal }).catch((error) => {
        signal.throwIfAborted();
        throw translate(error, url);
      });
      const failure = failureOf(answer, url.host, Date.now());
      if (failure) throw failure;
    },
    [Symbol.dispose]: () => poster[Symbol.dispose](),
  };
}

function headersOf(
  { idempotencyKey, contentType, body }: Message,
  { headers, userAgent }: WebhookListenerOptions,
  keys: readonly Buffer[],
): Record<string, string> {
  // Full stops separate what is signed, and names may have them; a tilde they never have.
  const id = idempotencyKey.replaceAll('.', '~');
  const timestamp = Math.floor(Date.now() / 1000);
  return {
    'user-agent': userAgent,
    ...headers,
    'content-type': contentType,
    'idempotency-key': id,
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    ...(keys.length > 0 && { 'webhook-signature': signaturesOf({ id, timestamp, body }, keys) }),
  };
}

/** Says the host and no more: the path and the query of a webhook are often its secret. */
function translate(error: unknown, { host }: URL): Error {
  if (error instanceof SyncError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : messageOf(error);
  return new UnreachableError(`${host} gave no answer (${code}); whether it has the event is unknown`, {
    cause: error,
  });
}

function privateUrl(name: string, host: string): ConfigError {
  return new ConfigError(`the listener ${name} posts to ${host}, a private, loopback or link-local address`, {
    hint: 'If that is where the receiver lives, set "allowPrivate": true on the listener.',
  });
}

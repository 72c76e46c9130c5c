import { ConfigError, messageOf, SyncError, UnreachableError } from '../errors.ts';
import type { Listener } from '../listener.ts';
import { failureOf } from './answer.ts';
import { openPoster, type PosterWay } from './post.ts';
import { isPrivateAddress, publicLookup } from './private-address.ts';
import { signaturesOf, signingKey } from './signature.ts';

export interface WebhookListenerOptions {
  /** The name of the listener, for messages. */
  readonly name: string;
  readonly url: URL;
  /** Base64. Each makes its own signature. */
  readonly secrets: readonly string[];
  /** Sent with every delivery. */
  readonly headers: Readonly<Record<string, string>>;
  readonly allowPrivate: boolean;
  readonly userAgent: string;
  readonly way?: PosterWay;
  /** Removes secrets from an answer that is quoted in a message. */
  readonly redact: (text: string) => string;
}

/** The content of one request. */
export interface Message {
  /** By this the receiver can recognise a repeated request. */
  readonly idempotencyKey: string;
  readonly contentType: string;
  readonly body: string;
  /** See `Delivery`. */
  readonly traceparent?: string | undefined;
  readonly signal: AbortSignal;
}

/** A receiver: its URL, and how requests to it are signed. */
export interface Webhook extends Disposable {
  /** Makes one signed request. Rejects with what the answer means (`DeadLetter`, `RetryLater` …), or with the signal's reason. */
  send(message: Message): Promise<void>;
}

/**
 * Posts each event as a structured CloudEvent (HTTP binding 1.0.2, section 3.2). One request for one delivery. Throws
 * `ConfigError` for a URL whose host is a private address that is not allowed.
 */
export function createWebhookListener(options: WebhookListenerOptions): Listener {
  const webhook = openWebhook(options);
  return {
    deliver({ idempotencyKey, json: body, traceparent, signal }) {
      const contentType = 'application/cloudevents+json; charset=UTF-8';
      return webhook.send({ idempotencyKey, contentType, body, traceparent, signal });
    },
    async [Symbol.asyncDispose]() {
      webhook[Symbol.dispose]();
    },
  };
}

/** Opens a receiver to which requests are signed by Standard Webhooks 1.0.0. Throws `ConfigError` as `createWebhookListener` does. */
export function openWebhook(options: WebhookListenerOptions): Webhook {
  const { name, url, secrets, allowPrivate, redact, way = {} } = options;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!allowPrivate && isPrivateAddress(host)) throw privateUrl(name, host);
  const keys = secrets.map(signingKey);
  const poster = openPoster(url, { ...way, redact, ...(!allowPrivate && { lookup: publicLookup }) });

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
  { idempotencyKey, contentType, body, traceparent }: Message,
  { headers, userAgent }: WebhookListenerOptions,
  keys: readonly Buffer[],
): Record<string, string> {
  // Full stops separate the parts of what is signed. Names may have full stops, but never a tilde.
  const id = idempotencyKey.replaceAll('.', '~');
  const timestamp = Math.floor(Date.now() / 1000);
  return {
    'user-agent': userAgent,
    ...(traceparent !== undefined && { traceparent }),
    ...headers,
    'content-type': contentType,
    'idempotency-key': id,
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    ...(keys.length > 0 && { 'webhook-signature': signaturesOf({ id, timestamp, body }, keys) }),
  };
}

/** Names only the host: the path and the query of a webhook are often its secret. */
function translate(error: unknown, { host }: URL): Error {
  if (error instanceof SyncError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : messageOf(error);
  return new UnreachableError(`${host} did not answer (${code}); it may or may not have received the event`, {
    cause: error,
  });
}

function privateUrl(name: string, host: string): ConfigError {
  return new ConfigError(`the listener ${name} posts to ${host}, a private, loopback or link-local address`, {
    hint: 'If the receiver is really there, set "allowPrivate": true on the listener.',
  });
}

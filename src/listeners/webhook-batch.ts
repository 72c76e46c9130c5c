import { createHash } from 'node:crypto';
import { UnreachableError } from '../errors.ts';
import { DeadLetter, type Delivery, type Listener } from '../listener.ts';
import { untilAborted } from './until-aborted.ts';
import { openWebhook, type Webhook, type WebhookListenerOptions } from './webhook.ts';

export interface BatchOptions {
  /** The most events in one request. */
  readonly max: number;
  /** How long the first event of a batch waits for others. */
  readonly waitMs: number;
}

interface Member {
  readonly delivery: Delivery;
  readonly outcome: PromiseWithResolvers<void>;
}

/** Deliveries that are sent in one request. */
interface Batch {
  /** The deliveries that wait for its outcome. */
  readonly members: Set<Member>;
  /** Fires if the batch was sent and all its members left before there was an outcome. */
  readonly abandoned: AbortController;
}

/**
 * Posts events that are delivered at the same time as one CloudEvents batch (HTTP binding 1.0.2, section 3.3).
 *
 * 1. Gather events until there are `max`, or `waitMs` have passed since the first. An event that failed before is sent alone,
 *    because it may be the reason.
 * 2. Post them, signed like a single one. After 2xx all of them are delivered.
 * 3. If the batch is refused permanently, each event is sent alone, once, and has its own outcome. Any other failure is the
 *    failure of all of them.
 *
 * Throws `ConfigError` as `createWebhookListener` does.
 */
export function createWebhookBatchListener(options: WebhookListenerOptions, { max, waitMs }: BatchOptions): Listener {
  const webhook = openWebhook(options);
  let gathering = openBatch();
  let timer: NodeJS.Timeout | undefined;

  const takeGathered = (): Batch => {
    clearTimeout(timer);
    timer = undefined;
    const batch = gathering;
    gathering = openBatch();
    return batch;
  };
  const sendGathered = () => void send(takeGathered(), webhook, options.name);
  const join = (member: Member): Batch => {
    const batch = gathering;
    batch.members.add(member);
    if (batch.members.size >= max) sendGathered();
    else timer ??= setTimeout(sendGathered, waitMs);
    return batch;
  };

  // A request goes on as long as a delivery waits for its outcome. A batch that still gathers may be joined again.
  const leave = (batch: Batch, member: Member): void => {
    const isLast = batch.members.delete(member) && batch.members.size === 0;
    if (isLast && batch !== gathering) batch.abandoned.abort();
  };

  return {
    async deliver(delivery) {
      const { attempt, signal } = delivery;
      signal.throwIfAborted();
      if (attempt > 1) return post([delivery], { webhook, name: options.name, signal });
      const member = { delivery, outcome: Promise.withResolvers<void>() };
      const batch = join(member);
      try {
        await untilAborted(member.outcome.promise, signal);
      } finally {
        leave(batch, member);
      }
    },
    async [Symbol.asyncDispose]() {
      const closed = new UnreachableError(
        'the listener was closed while the event waited for its batch; nothing was sent',
      );
      for (const { outcome } of takeGathered().members) outcome.reject(closed);
      webhook[Symbol.dispose]();
    },
  };
}

function openBatch(): Batch {
  return { members: new Set(), abandoned: new AbortController() };
}

/** Never rejects: the members that wait get the outcome. */
async function send({ members, abandoned }: Batch, webhook: Webhook, name: string): Promise<void> {
  const sent = [...members].map(({ delivery }) => delivery);
  if (sent.length === 0) return;
  const failure: unknown = await post(sent, { webhook, name, signal: abandoned.signal }).catch((error) => error);
  const waiting = [...members];
  members.clear();
  for (const { delivery, outcome } of waiting) {
    if (!failure) outcome.resolve();
    else if (!(failure instanceof DeadLetter) || sent.length === 1) outcome.reject(failure);
    else outcome.resolve(post([delivery], { webhook, name, signal: delivery.signal }));
  }
}

interface Sending {
  readonly webhook: Webhook;
  readonly name: string;
  readonly signal: AbortSignal;
}

/** Sends an array even for one event, so that a receiver of batches has one format to read. */
function post(deliveries: readonly Delivery[], { webhook, name, signal }: Sending): Promise<void> {
  return webhook.send({
    idempotencyKey: batchKeyOf(deliveries, name),
    contentType: 'application/cloudevents-batch+json; charset=UTF-8',
    ...(deliveries.length === 1 && { traceparent: deliveries[0]?.traceparent }),
    body: `[${deliveries.map(({ json }) => json).join(',')}]`,
    signal,
  });
}

/** The same events in the same order have the same key. The key of a single event is its own. */
function batchKeyOf(deliveries: readonly Delivery[], name: string): string {
  const [first, ...more] = deliveries;
  if (first && more.length === 0) return first.idempotencyKey;
  const ids = JSON.stringify(deliveries.map(({ event }) => event.id));
  return `${name}:batch:${createHash('sha256').update(ids).digest('base64url')}`;
}

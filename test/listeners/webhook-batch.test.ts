import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, test } from 'vitest';
import { UnreachableError } from '../../src/errors.ts';
import { DeadLetter, type Delivery, type Listener, ListenerOff, RetryLater } from '../../src/listener.ts';
import { type BatchOptions, createWebhookBatchListener } from '../../src/listeners/webhook-batch.ts';
import { aConfig, load, problemsOf } from '../config/a-config.ts';
import { eventually } from '../helpers/child.ts';
import { party as receiver } from '../helpers/fresh-party.ts';
import type { Arrival } from '../helpers/third-party.ts';
import { aDelivery, type DeliveryParts, failureOf } from './a-delivery.ts';

const open: Listener[] = [];

afterEach(async () => {
  for (const listener of open.splice(0)) await listener[Symbol.asyncDispose]();
});

const secret = `whsec_${Buffer.alloc(32, 'key').toString('base64')}`;
/** Longer than any test: a batch goes because it is full, or not at all. */
const never = 600_000;

function aBatching(options: Partial<BatchOptions> = {}): Listener {
  const webhook = {
    name: 'notify',
    url: new URL(receiver.url),
    secrets: [secret],
    headers: {},
    allowPrivate: true,
    userAgent: 'cronsync/1.2.3',
    redact: (text: string) => text,
  };
  const listener = createWebhookBatchListener(webhook, { max: 3, waitMs: never, ...options });
  open.push(listener);
  return listener;
}

/** Deliveries of events of their own. */
function deliveries(keys: readonly string[], parts: DeliveryParts = {}): Delivery[] {
  return keys.map((key) => {
    const delivery = aDelivery({ ...parts, key });
    const event = { ...delivery.event, id: `crm.eu:1760000000000-${key}` };
    return { ...delivery, event, json: JSON.stringify(event), idempotencyKey: `notify:${event.id}` };
  });
}

function deliverAll(listener: Listener, all: readonly Delivery[]) {
  return Promise.allSettled(all.map((delivery) => listener.deliver(delivery)));
}

function subjects({ body }: Arrival): string[] {
  return JSON.parse(body).map(({ subject }: { subject: string }) => subject);
}

function reasons(outcomes: readonly PromiseSettledResult<void>[]): unknown[] {
  return outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : null));
}

const fulfilled = { status: 'fulfilled', value: undefined };

describe('a batch', () => {
  test('goes when it is full, as a signed CloudEvents batch of the events as they are on the stream', async () => {
    const all = deliveries(['1', '2', '3']);
    expect(await deliverAll(aBatching(), all)).toEqual([fulfilled, fulfilled, fulfilled]);

    expect(receiver.arrivals).toHaveLength(1);
    const { body = '', headers } = receiver.arrivals[0] ?? {};
    expect(body).toBe(`[${all.map(({ json }) => json).join(',')}]`);
    expect(headers?.['content-type']).toBe('application/cloudevents-batch+json; charset=UTF-8');
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual(all.map(({ event }) => event));
  });

  test('goes after its wait when it is not full', async () => {
    expect(await deliverAll(aBatching({ waitMs: 5 }), deliveries(['1', '2']))).toEqual([fulfilled, fulfilled]);
    expect(receiver.arrivals.map(subjects)).toEqual([['1', '2']]);
  });

  test('is followed by another one for what came later', async () => {
    await deliverAll(aBatching({ max: 2 }), deliveries(['1', '2', '3', '4']));
    expect(receiver.arrivals.map(subjects).sort()).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
  });

  test('has an id that is the same for the same events in the same order, and for no others', async () => {
    const listener = aBatching({ max: 2 });
    const orders = [
      ['1', '2'],
      ['1', '2'],
      ['2', '1'],
      ['1', '3'],
    ];
    for (const keys of orders) await deliverAll(listener, deliveries(keys));

    const ids = receiver.arrivals.map(({ headers }) => headers['webhook-id']);
    expect(ids[0]).toMatch(/^notify:batch:[\w-]{43}$/);
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(3);
    expect(receiver.arrivals.map(({ headers }) => headers['idempotency-key'])).toEqual(ids);
  });

  test('of one event is an array with the id of that event', async () => {
    await deliverAll(aBatching({ waitMs: 5 }), deliveries(['1']));
    expect(receiver.arrivals.map(subjects)).toEqual([['1']]);
    expect(receiver.arrivals[0]?.headers['webhook-id']).toBe('notify:crm~eu:1760000000000-1');
  });

  test('takes no event that has failed before', async () => {
    await deliverAll(aBatching({ max: 2 }), deliveries(['1', '2'], { attempt: 2 }));
    expect(receiver.arrivals.map(subjects).sort()).toEqual([['1'], ['2']]);
  });
});

describe('a batch that fails', () => {
  test.each([400, 413, 422])('with %i is sent event by event, and only the poison one is refused', async (status) => {
    const refuse = (arrival: Arrival) => ({ status: subjects(arrival).includes('2') ? status : 204 });
    receiver.script(refuse, refuse, refuse, refuse);
    const outcomes = await deliverAll(aBatching(), deliveries(['1', '2', '3']));

    expect(outcomes).toEqual([fulfilled, { status: 'rejected', reason: expect.any(DeadLetter) }, fulfilled]);
    expect(receiver.arrivals.map(subjects).sort()).toEqual([['1'], ['1', '2', '3'], ['2'], ['3']]);
  });

  test('permanently is sent event by event once, and each has its own outcome', async () => {
    const statuses: Readonly<Record<string, number>> = { 1: 500, 2: 404, 3: 200 };
    const each = (arrival: Arrival) => ({ status: statuses[subjects(arrival).join()] ?? 400 });
    receiver.script(each, each, each, each);
    const [first, second, third] = reasons(await deliverAll(aBatching(), deliveries(['1', '2', '3'])));

    expect(first).toBeInstanceOf(UnreachableError);
    expect(second).toBeInstanceOf(DeadLetter);
    expect(third).toBeNull();
    expect(receiver.arrivals).toHaveLength(4);
  });

  test('and is of one event is not sent again', async () => {
    receiver.script({ status: 400 });
    const outcomes = await deliverAll(aBatching({ waitMs: 5 }), deliveries(['1']));
    expect(reasons(outcomes)).toEqual([expect.any(DeadLetter)]);
    expect(receiver.arrivals).toHaveLength(1);
  });

  test.each([
    ['500', { status: 500 }, UnreachableError],
    ['429', { status: 429 }, UnreachableError],
    ['503 and Retry-After', { status: 503, headers: { 'retry-after': '7' } }, RetryLater],
    ['410', { status: 410 }, ListenerOff],
    ['no answer', { cut: 'before' } as const, UnreachableError],
  ])('with %s rejects every delivery, after one request', async (_, answer, kind) => {
    receiver.script(answer);
    const outcomes = await deliverAll(aBatching(), deliveries(['1', '2', '3']));
    expect(reasons(outcomes)).toEqual([expect.any(kind), expect.any(kind), expect.any(kind)]);
    expect(receiver.arrivals).toHaveLength(1);
  });
});

describe('a delivery whose signal fires', () => {
  const stopping = new Error('stopping');

  test('while it waits leaves the batch, which goes without it', async () => {
    const listener = aBatching({ max: 2 });
    const stop = new AbortController();
    const left = failureOf(deliverAllOf(listener, deliveries(['1'], { signal: stop.signal })));
    stop.abort(stopping);
    expect(await left).toBe(stopping);

    await deliverAll(listener, deliveries(['2', '3']));
    expect(receiver.arrivals.map(subjects)).toEqual([['2', '3']]);
  });

  test('while it is sent rejects, and the others are delivered', async () => {
    const answer = Promise.withResolvers<void>();
    receiver.script({ until: answer.promise });
    const stop = new AbortController();
    const listener = aBatching({ max: 2 });
    const stopped = failureOf(deliverAllOf(listener, deliveries(['1'], { signal: stop.signal })));
    const other = deliverAll(listener, deliveries(['2']));
    await eventually(() => receiver.arrivals.length === 1);
    stop.abort(stopping);
    expect(await stopped).toBe(stopping);

    answer.resolve();
    expect(await other).toEqual([fulfilled]);
  });

  test('as the last one ends the request', async () => {
    receiver.script({ hang: 'before' });
    const stop = new AbortController();
    const outcomes = deliverAll(aBatching({ max: 2 }), deliveries(['1', '2'], { signal: stop.signal }));
    await eventually(() => receiver.arrivals.length === 1);
    stop.abort(stopping);
    expect(reasons(await outcomes)).toEqual([stopping, stopping]);
    await eventually(async () => (await receiver.connections()) === 0);
  });

  test('before it begins is not sent', async () => {
    const all = deliveries(['1', '2', '3'], { signal: AbortSignal.abort(stopping) });
    expect(reasons(await deliverAll(aBatching(), all))).toEqual([stopping, stopping, stopping]);
    expect(receiver.arrivals).toEqual([]);
  });

  async function deliverAllOf(listener: Listener, all: readonly Delivery[]): Promise<void> {
    await Promise.all(all.map((delivery) => listener.deliver(delivery)));
  }
});

test('closing sends nothing, and rejects what waits', async () => {
  const listener = aBatching();
  const outcomes = deliverAll(listener, deliveries(['1', '2']));
  await listener[Symbol.asyncDispose]();

  const rejected = expect.objectContaining({ message: expect.stringContaining('nothing was sent') });
  expect(reasons(await outcomes)).toEqual([rejected, rejected]);
  expect(receiver.arrivals).toEqual([]);
});

describe('the config of batches', () => {
  const withBatch = (batch: object, timeout = '30s') => {
    const hook = { on: ['*'], from: 'now', type: 'webhook', url: 'https://hooks.example/sync' };
    return aConfig({ listeners: { notify: { ...hook, batch, timeout } } });
  };

  test('waits 20 ms by default', async () => {
    const { config } = await load(withBatch({ max: 50 }));
    expect(config.listeners.notify).toMatchObject({ batch: { max: 50, waitMs: 20 } });
  });

  test.each([{ max: 1 }, { max: 1001 }, { max: 2.5 }, {}, { max: 2, wait: '0ms' }, { max: 2, size: 3 }])(
    'cannot be %j',
    async (batch) => {
      expect(await problemsOf(withBatch(batch))).toHaveLength(1);
    },
  );

  test('waits for less than the timeout', async () => {
    expect(await problemsOf(withBatch({ max: 2, wait: '2s' }, '2s'))).toMatchObject([
      { expected: 'a batch that waits for less than the timeout' },
    ]);
  });
});

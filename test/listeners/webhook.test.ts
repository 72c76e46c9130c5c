import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { type AddressInfo, connect as connectTo, type Socket } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, test } from 'vitest';
import { redactor } from '../../src/config/redact.ts';
import { ConfigError, UnreachableError } from '../../src/errors.ts';
import { DeadLetter, type Listener, ListenerOff, RetryLater } from '../../src/listener.ts';
import { createWebhookListener, type WebhookListenerOptions } from '../../src/listeners/webhook.ts';
import { eventually } from '../helpers/child.ts';
import { party as receiver } from '../helpers/fresh-party.ts';
import { aStrictServer } from '../helpers/strict-server.ts';
import { certificate } from '../helpers/tls.ts';
import { aDelivery, failureOf } from './a-delivery.ts';

const open: Listener[] = [];

afterEach(async () => {
  for (const listener of open.splice(0)) await listener[Symbol.asyncDispose]();
});

const secrets = [`whsec_${Buffer.alloc(32, 'old').toString('base64')}`, Buffer.alloc(24, 'new').toString('base64')];

function aWebhook(options: Partial<WebhookListenerOptions> = {}): Listener {
  const listener = createWebhookListener({
    name: 'notify',
    url: new URL('/hook?token=in-the-query', receiver.url),
    secrets,
    headers: {},
    allowPrivate: true,
    userAgent: 'cronsync/1.2.3',
    redact: (text) => text,
    ...options,
  });
  open.push(listener);
  return listener;
}

function onlyArrival() {
  const [arrival, ...more] = receiver.arrivals;
  if (!arrival || more.length > 0) throw new Error(`${receiver.arrivals.length} requests arrived`);
  const headers = Object.fromEntries(Object.entries(arrival.headers).map(([name, value]) => [name, String(value)]));
  return { ...arrival, headers };
}

describe('the way to the receiver', () => {
  test('certificates are used, and a receiver that demands one gets it', async () => {
    await using server = await aStrictServer();
    const url = new URL('/hook', server.origin);
    await aWebhook({ url, way: { tls: certificate } }).deliver(aDelivery());
    expect(server.requests).toEqual(['POST /hook']);
    expect(
      await failureOf(aWebhook({ url, way: { tls: { ca: certificate.ca } } }).deliver(aDelivery())),
    ).toBeInstanceOf(UnreachableError);
    expect(server.requests).toHaveLength(1);
  });

  test('deliveries share a connection that was made through a proxy', async () => {
    const made: Socket[] = [];
    const connect = async () => {
      const socket = connectTo(receiver.port, '127.0.0.1');
      made.push(socket);
      return socket;
    };
    const webhook = aWebhook({ way: { connect } });
    await webhook.deliver(aDelivery());
    await webhook.deliver(aDelivery());
    expect([made.length, receiver.arrivals.length]).toEqual([1, 2]);
  });

  test('a proxy that never answers fails the delivery, and is given up when the listener is closed', async () => {
    const given: AbortSignal[] = [];
    const connect = (signal: AbortSignal) => {
      given.push(signal);
      return new Promise<Socket>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const webhook = aWebhook({ way: { connect } });
    const stop = new AbortController();
    const failure = failureOf(webhook.deliver(aDelivery({ signal: stop.signal })));
    await eventually(() => given.length === 1);
    stop.abort(new Error('too late'));
    expect(await failure).toMatchObject({ message: 'too late' });
    await webhook[Symbol.asyncDispose]();
    expect(given[0]?.aborted).toBe(true);
  });

  test('what the proxy says is in the error', async () => {
    const connect = () => Promise.reject(new Error('the proxy proxy.example:3128 cannot be reached (ECONNREFUSED)'));
    expect(await failureOf(aWebhook({ way: { connect } }).deliver(aDelivery()))).toMatchObject({
      message: expect.stringMatching(
        /^127\.0\.0\.1:\d+ did not answer \(the proxy proxy\.example:3128 cannot be reached/,
      ),
    });
  });
});

describe('a delivery', () => {
  test('posts the event as it is on the stream, as a structured CloudEvent', async () => {
    const delivery = aDelivery();
    await aWebhook({ headers: { 'X-Team': 'billing' } }).deliver(delivery);

    const { method, url, headers, body } = onlyArrival();
    expect(method).toBe('POST');
    expect(`${url.pathname}${url.search}`).toBe('/hook?token=in-the-query');
    expect(body).toBe(delivery.json);
    expect(headers).toMatchObject({
      'content-type': 'application/cloudevents+json; charset=UTF-8',
      'content-length': String(Buffer.byteLength(delivery.json)),
      'user-agent': 'cronsync/1.2.3',
      'x-team': 'billing',
    });
  });

  test.each(secrets)('is signed with each secret, as the reference library verifies: %s', async (secret) => {
    const delivery = aDelivery();
    await aWebhook().deliver(delivery);

    const { headers, body } = onlyArrival();
    expect(new Webhook(secret).verify(body, headers)).toEqual(delivery.event);
    expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow('No matching signature');
    const stranger = new Webhook(Buffer.alloc(32, 'else').toString('base64'));
    expect(() => stranger.verify(body, headers)).toThrow('No matching signature');
  });

  test('has the same id on every attempt, without the full stop that separates what is signed', async () => {
    const webhook = aWebhook();
    await webhook.deliver(aDelivery({ attempt: 1 }));
    await webhook.deliver(aDelivery({ attempt: 2 }));

    const [first, second] = receiver.arrivals.map(({ headers }) => headers);
    expect(first?.['webhook-id']).toBe('notify:crm~eu:1760000000000-4');
    expect(second?.['webhook-id']).toBe(first?.['webhook-id']);
    expect(first?.['idempotency-key']).toBe(first?.['webhook-id']);
  });

  test('is not signed without a secret', async () => {
    await aWebhook({ secrets: [] }).deliver(aDelivery());

    const { headers } = onlyArrival();
    expect(headers['webhook-signature']).toBeUndefined();
    expect(headers['webhook-id']).toBeDefined();
  });

  test('uses the connection of the one before', async () => {
    const webhook = aWebhook();
    for (let n = 0; n < 5; n += 1) await webhook.deliver(aDelivery());

    expect(receiver.arrivals).toHaveLength(5);
    expect(await receiver.connections()).toBe(1);
  });
});

describe('an answer', () => {
  test.each([200, 201, 202, 204, 299])('of %i is success', async (status) => {
    receiver.script({ status, body: '' });
    await aWebhook().deliver(aDelivery());
    expect(onlyArrival().method).toBe('POST');
  });

  test.each([400, 401, 403, 404, 409, 413, 422, 451])('of %i makes a dead letter immediately', async (status) => {
    receiver.script({ status, body: 'customer 17\nis unknown' });
    const failure = await failureOf(aWebhook().deliver(aDelivery()));

    expect(failure).toBeInstanceOf(DeadLetter);
    expect(failure).toMatchObject({ message: expect.stringMatching(new RegExp(`${status}: customer 17 is unknown$`)) });
  });

  test.each([408, 425, 429, 500, 502, 503, 504, 599])('of %i comes again', async (status) => {
    receiver.script({ status });
    expect(await failureOf(aWebhook().deliver(aDelivery()))).toBeInstanceOf(UnreachableError);
    expect(receiver.arrivals).toHaveLength(1);
  });

  test.each([301, 302, 303, 307, 308])('of %i is a failure, and is not followed', async (status) => {
    receiver.script({ status, headers: { location: `${receiver.url}/elsewhere` } });
    const failure = await failureOf(aWebhook().deliver(aDelivery()));

    expect(failure).toBeInstanceOf(UnreachableError);
    expect(failure).toMatchObject({ message: expect.stringContaining('redirects are not followed') });
    expect(receiver.arrivals).toHaveLength(1);
  });

  test('of 410 turns the listener off', async () => {
    receiver.script({ status: 410 });
    expect(await failureOf(aWebhook().deliver(aDelivery()))).toBeInstanceOf(ListenerOff);
  });

  test.each([
    ['120', 120_000],
    ['0', 0],
    ['Fri, 02 Jan 2026 03:05:05 GMT', 60_000],
    ['Fri, 02 Jan 2026 03:00:00 GMT', 0],
    ['99999999999', 86_400_000],
  ])('with Retry-After: %s is obeyed, by its own clock and for at most a day', async (retryAfter, afterMs) => {
    for (const status of [429, 503]) {
      const headers = { 'retry-after': retryAfter, date: 'Fri, 02 Jan 2026 03:04:05 GMT' };
      receiver.script({ status, headers });
      const failure = await failureOf(aWebhook().deliver(aDelivery()));

      expect(failure).toBeInstanceOf(RetryLater);
      expect(failure).toMatchObject({ afterMs });
    }
  });

  test.each(['-5', 'abc', '1e99', ''])('with the Retry-After "%s" comes again like any other', async (retryAfter) => {
    receiver.script({ status: 503, headers: { 'retry-after': retryAfter } });
    expect(await failureOf(aWebhook().deliver(aDelivery()))).toBeInstanceOf(UnreachableError);
  });

  test('is success by its status, whatever becomes of its body', async () => {
    receiver.script({ body: Buffer.alloc(5_000_000) }, { cut: 'in-body', body: 'half' });
    const webhook = aWebhook();
    await webhook.deliver(aDelivery());
    await webhook.deliver(aDelivery());
    expect(receiver.arrivals).toHaveLength(2);
  });

  test('is success although its body never ends, and the connection is closed', async () => {
    receiver.script({ hang: 'in-body' });
    await aWebhook().deliver(aDelivery());

    expect(receiver.arrivals).toHaveLength(1);
    await eventually(async () => (await receiver.connections()) === 0);
  });
});

describe('no answer', () => {
  test('in time ends the request, with the reason that the signal has', async () => {
    receiver.script({ hang: 'before' });
    const timeout = new AbortController();
    const delivering = failureOf(aWebhook().deliver(aDelivery({ signal: timeout.signal })));
    await eventually(() => receiver.arrivals.length === 1);
    timeout.abort(new Error('notify was not done within 30s'));

    expect(await delivering).toMatchObject({ message: 'notify was not done within 30s' });
    await eventually(async () => (await receiver.connections()) === 0);
  });

  test('is not asked for when the signal has fired before', async () => {
    const failure = failureOf(aWebhook().deliver(aDelivery({ signal: AbortSignal.abort(new Error('stopping')) })));
    expect(await failure).toMatchObject({ message: 'stopping' });
    expect(receiver.arrivals).toEqual([]);
  });

  test('since the connection breaks comes again, and was one request', async () => {
    receiver.script({ cut: 'before' });
    const failure = await failureOf(aWebhook().deliver(aDelivery()));

    expect(failure).toBeInstanceOf(UnreachableError);
    expect(failure).toMatchObject({ message: expect.stringContaining('ECONNRESET') });
    expect(receiver.arrivals).toHaveLength(1);
  });

  test('because no server is there is tried again', async () => {
    const { url } = receiver;
    await receiver.close();
    const failure = await failureOf(aWebhook({ url: new URL(url) }).deliver(aDelivery()));
    expect(failure).toMatchObject({ message: expect.stringContaining('ECONNREFUSED') });
  });

  test('because its certificate cannot be trusted is tried again, and nothing was sent', async () => {
    const read = (name: string) => readFileSync(new URL(`../fixtures/tls/localhost.${name}`, import.meta.url));
    let requests = 0;
    const server = createServer({ cert: read('crt'), key: read('key') }, () => {
      requests += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const failure = await failureOf(aWebhook({ url: new URL(`https://localhost:${port}/`) }).deliver(aDelivery()));
    server.close();

    expect(failure).toBeInstanceOf(UnreachableError);
    expect(failure).toMatchObject({ message: expect.stringMatching(/CERT|SIGNED/) });
    expect(requests).toBe(0);
  });
});

test('keeps secrets, path and query out of what it throws', async () => {
  const headers = { authorization: 'Bearer hidden-in-header' };
  const hidden = [...secrets, headers.authorization];
  const redact = (text: string) => hidden.reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text);
  receiver.script(({ headers: { authorization, ...rest } }) => ({ status: 500, body: { authorization, rest } }));
  const webhook = aWebhook({ headers, redact });

  const answered = await failureOf(webhook.deliver(aDelivery()));
  receiver.script({ cut: 'before' });
  const unanswered = await failureOf(webhook.deliver(aDelivery()));

  for (const failure of [answered, unanswered]) {
    expect(String(failure)).toContain(new URL(receiver.url).host);
    expect(String(failure)).not.toMatch(/hidden-in-header|in-the-query|\/hook/);
  }
});

test('quotes no part of a secret, wherever the quotation ends', async () => {
  const redact = redactor(['Bearer hidden-in-header']);
  receiver.script({ status: 400, body: `${'x'.repeat(185)} Bearer hidden-in-header` });
  const failure = await failureOf(aWebhook({ redact }).deliver(aDelivery()));
  expect(String(failure)).toContain('xxx [redacted]');
  expect(String(failure)).not.toContain('Bearer');
});

describe('a private address', () => {
  test.each([
    'http://127.0.0.1/',
    'http://0x7f.1/',
    'http://2130706433/',
    'http://0.0.0.0/',
    'http://10.1.2.3/',
    'http://169.254.169.254/latest/meta-data',
    'http://[::1]/',
    'http://[::ffff:192.168.0.1]/',
    'http://[fe80::1]/',
    'http://[fd00::1]/',
    'http://[64:ff9b::127.0.0.1]/',
  ])('in the URL is a config error: %s', (url) => {
    expect(() => aWebhook({ url: new URL(url), allowPrivate: false })).toThrow(ConfigError);
    expect(() => aWebhook({ url: new URL(url), allowPrivate: true })).not.toThrow();
  });

  test('that a name resolves to is not connected to', async () => {
    const url = new URL(receiver.url);
    url.hostname = 'localhost';
    const failure = await failureOf(aWebhook({ url, allowPrivate: false }).deliver(aDelivery()));

    expect(failure).toBeInstanceOf(UnreachableError);
    expect(failure).toMatchObject({
      message: expect.stringContaining('nothing was sent'),
      hint: expect.stringContaining('allowPrivate'),
    });
    expect(await receiver.connections()).toBe(0);
  });

  test('that a name resolves to is used where it is allowed', async () => {
    const url = new URL(receiver.url);
    url.hostname = 'localhost';
    await aWebhook({ url }).deliver(aDelivery());
    expect(receiver.arrivals).toHaveLength(1);
  });
});

import { createServer } from 'node:net';
import { beforeEach, describe, expect, test } from 'vitest';
import { redactor } from '../../src/config/redact.ts';
import {
  CredentialsError,
  ExitCode,
  LeaseLostError,
  MovedError,
  ProtocolError,
  ThirdPartyError,
  ThrottledError,
} from '../../src/errors.ts';
import { throttleKeyOf } from '../../src/http/throttle-key.ts';
import { type CredentialOptions, createThrottledClient } from '../../src/http/throttled.ts';
import { defaultTimings } from '../../src/timings.ts';
import { party } from '../helpers/fresh-party.ts';
import type { Scripted } from '../helpers/third-party.ts';
import { type AnyOption, clientOptions } from './client-options.ts';
import { aKeeper } from './keeper.ts';
import { aSlowTlsServer } from './slow-tls-server.ts';

let journal: string[];

beforeEach(() => {
  party.set([{ id: 1 }]);
  journal = [];
});

function aClient(options: AnyOption = {}) {
  const keepers = [aKeeper('redis', journal), aKeeper('guard', journal)];
  return createThrottledClient(
    clientOptions({
      key: 'acme',
      keepers,
      origins: [party.url],
      windows: [{ hits: 1, perMs: 60_000, marginMs: 100.2 }],
      ...options,
    }),
  );
}

const url = (path = '/people') => new URL(path, party.url);
const failure = (client: ReturnType<typeof aClient>, path?: string) =>
  client.request({ url: url(path) }).catch((error: unknown) => error);
const calls = () => journal.map((call) => call.replace(/ acme.*/, ''));

describe('slots', () => {
  test('takes one of every keeper, sends, and settles at all of them when the headers are in', async () => {
    const hits: number[] = [];
    const { status } = await aClient({ onHit: () => hits.push(party.arrivals.length) }).request({ url: url() });
    expect(status).toBe(200);
    expect(hits).toEqual([0]);
    expect(party.arrivals).toHaveLength(1);
    expect(journal).toEqual([
      'redis take acme 1/60000 +10000',
      'guard take acme 1/60000 +10000',
      'redis settle 60101',
      'guard settle 60101',
    ]);
  });

  test('without a time to wait a denial ends it, with how long and why', async () => {
    const cause = { exitCode: ExitCode.credentials, message: 'token revoked' };
    const redis = aKeeper('redis', journal, { granted: false, waitMs: 700, cause });
    const error = await failure(aClient({ keepers: [redis] }));
    expect(error).toBeInstanceOf(ThrottledError);
    expect(error).toMatchObject({ waitMs: 700, exitCode: ExitCode.credentials, message: 'token revoked' });
    expect(party.arrivals).toEqual([]);
  });

  test('waits for a slot that frees in time, and asks again with another grant', async () => {
    const waits: number[] = [];
    const redis = aKeeper('redis', journal, { granted: false, waitMs: 20 }, { granted: false, waitMs: 10 });
    await aClient({ keepers: [redis], waitMs: 5000, onWait: (ms) => waits.push(ms) }).request({ url: url() });
    expect(waits).toEqual([20, 10]);
    expect(new Set(redis.grants).size).toBe(3);
    expect(party.arrivals).toHaveLength(1);
  });

  test('a denial that is longer than the time left ends it', async () => {
    const redis = aKeeper('redis', journal, { granted: false, waitMs: 20 }, { granted: false, waitMs: 60_000 });
    expect(await failure(aClient({ keepers: [redis], waitMs: 5000 }))).toMatchObject({ waitMs: 60_000 });
    expect(party.arrivals).toEqual([]);
  });

  test('the guard’s denial moves the slot in Redis to the guard’s time', async () => {
    const keepers = [aKeeper('redis', journal), aKeeper('guard', journal, { granted: false, waitMs: 41_000.5 })];
    expect(await failure(aClient({ keepers }))).toBeInstanceOf(ThrottledError);
    expect(calls()).toEqual(['redis take', 'guard take', 'redis postpone 41001']);
  });

  test('a guard that cannot be asked gives the slot in Redis back, and nothing is sent', async () => {
    const gone = new Error('database gone');
    expect(await failure(aClient({ keepers: [aKeeper('redis', journal), aKeeper('guard', journal, gone)] }))).toBe(
      gone,
    );
    expect(calls()).toEqual(['redis take', 'guard take', 'redis cancel']);
    expect(party.arrivals).toEqual([]);
  });

  test('a wait ends with the run', async () => {
    const stop = new AbortController();
    const redis = aKeeper('redis', journal, { granted: false, waitMs: 50_000 });
    const reason = new Error('stopped');
    const client = aClient({ keepers: [redis], waitMs: 60_000, signal: stop.signal, onWait: () => stop.abort(reason) });
    expect(await failure(client)).toBe(reason);
    expect(party.arrivals).toEqual([]);
  });

  test('changed credentials end the back-off of the old ones', async () => {
    const cause = { exitCode: ExitCode.credentials, message: 'refused', credentials: 'theirs' };
    const keepers = [aKeeper('redis', journal, { granted: false, waitMs: 500_000, cause }), aKeeper('guard', journal)];
    await aClient({ keepers }).request({ url: url() });
    expect(calls().slice(0, 5)).toEqual(['redis take', 'redis resume', 'guard resume', 'redis take', 'guard take']);
    expect(party.arrivals).toHaveLength(1);
  });

  test('the same credentials do not', async () => {
    const cause = { exitCode: ExitCode.credentials, message: 'refused', credentials: 'ours' };
    const keepers = [aKeeper('redis', journal, { granted: false, waitMs: 500_000, cause })];
    expect(await failure(aClient({ keepers }))).toMatchObject({ exitCode: ExitCode.credentials });
    expect(calls()).toEqual(['redis take']);
  });
});

describe('the last check before a byte is written', () => {
  test('a lease that is not trusted sends nothing, and gives the slot back', async () => {
    expect(await failure(aClient({ mayStillSend: () => false }))).toBeInstanceOf(LeaseLostError);
    expect(calls().slice(2)).toEqual(['redis cancel', 'guard cancel']);
    expect(party.arrivals).toEqual([]);
  });

  test('a grant gone stale sends nothing', async () => {
    const timings = { ...defaultTimings, slotReserveMs: 0 };
    expect(await failure(aClient({ timings }))).toMatchObject({ exitCode: ExitCode.unreachable });
    expect(new Set(calls())).toEqual(new Set(['redis take', 'guard take', 'redis cancel', 'guard cancel']));
    expect(party.arrivals).toEqual([]);
  });

  test('a connection that takes longer than a slot is good for stands before the slot is taken that counts', async () => {
    await using server = await aSlowTlsServer(300);
    const timings = { ...defaultTimings, slotReserveMs: 200 };
    const hits: string[][] = [];
    const client = aClient({ origins: [server.origin], timings, onHit: () => hits.push(calls()) });
    expect((await client.request({ url: new URL(server.origin) })).status).toBe(200);
    const [take, cancel] = [
      ['redis take', 'guard take'],
      ['redis cancel', 'guard cancel'],
    ];
    expect(hits).toEqual([[...take, ...cancel, ...take]]);
    expect(calls().slice(6)).toEqual(['redis settle', 'guard settle'].map((call) => expect.stringContaining(call)));
    expect(server.requests()).toBe(1);
  });

  test('the connection is made again after a wait, since nobody keeps an idle one', async () => {
    await using server = await aSlowTlsServer(300);
    const redis = aKeeper('redis', journal, { granted: true }, { granted: false, waitMs: 50 });
    const timings = { ...defaultTimings, slotReserveMs: 250 };
    const client = aClient({ origins: [server.origin], keepers: [redis], timings, waitMs: 5000 });
    expect((await client.request({ url: new URL(server.origin) })).status).toBe(200);
    expect(calls().filter((call) => call === 'redis take')).toHaveLength(4);
    expect([server.connected(), server.requests()]).toEqual([2, 1]);
  });

  test('a slot that grew old reports what took so long, and is not a lost lock', async () => {
    const timings = { ...defaultTimings, slotReserveMs: 100 };
    const authorize: CredentialOptions['authorize'] = async (request) => {
      await new Promise((done) => setTimeout(done, 150));
      return request;
    };
    const error = await failure(aClient({ authorize, timings }));
    expect(error).toMatchObject({
      exitCode: ExitCode.unreachable,
      message: expect.stringMatching(/signing the request took \d+ms.*nothing was sent/),
    });
    expect(calls().slice(2)).toEqual(['redis cancel', 'guard cancel']);
    expect(party.arrivals).toEqual([]);
  });

  test('a keeper that is slow is named', async () => {
    const redis = aKeeper('redis', journal);
    const slow = {
      ...redis,
      take: async (...args: Parameters<typeof redis.take>) => {
        await new Promise((done) => setTimeout(done, 150));
        return redis.take(...args);
      },
    };
    const timings = { ...defaultTimings, slotReserveMs: 100 };
    expect(await failure(aClient({ keepers: [slow], timings }))).toMatchObject({
      exitCode: ExitCode.unreachable,
      message: expect.stringMatching(/taking the slot took \d+ms/),
    });
    expect(party.arrivals).toEqual([]);
  });

  test('a refused connection gives the slot back', async () => {
    const { port } = party;
    await party.close();
    const error = await failure(aClient({ origins: [`http://127.0.0.1:${port}`] }));
    expect(error).toBeInstanceOf(ThirdPartyError);
    expect(error).toMatchObject({
      backsOff: 'resource',
      message: expect.stringMatching(/ECONNREFUSED.*nothing was sent/),
    });
    expect(calls().slice(2)).toEqual(['redis cancel', 'guard cancel']);
  });

  test('a name that is not known gives the slot back', async () => {
    const origin = 'http://no-such-host.invalid';
    const error = await aClient({ origins: [origin] })
      .request({ url: new URL(origin) })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      exitCode: ExitCode.unreachable,
      message: expect.stringContaining('nothing was sent'),
    });
    expect(calls().slice(2)).toEqual(['redis cancel', 'guard cancel']);
  });

  test('a server without TLS never sees the request, and the slot is given back', async () => {
    const received: Buffer[] = [];
    const server = createServer(
      (socket) => void socket.on('data', (data) => received.push(data) && socket.destroy()).on('error', () => {}),
    );
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const origin = `https://127.0.0.1:${(server.address() as { port: number }).port}`;
    const authorize = (request: object) => ({ ...request, headers: { authorization: 'secret' } }) as never;
    const error = await aClient({ origins: [origin], authorize })
      .request({ url: new URL(origin) })
      .catch((thrown: unknown) => thrown);
    server.close();
    expect(error).toMatchObject({ exitCode: ExitCode.unreachable });
    expect(Buffer.concat(received).includes('secret')).toBe(false);
    expect(calls().slice(2)).toEqual(['redis cancel', 'guard cancel']);
  });
});

describe('no answer', () => {
  test.each<[string, Scripted, number]>([
    ['a reset', { cut: 'before' }, 5000],
    ['a timeout', { hang: 'before' }, 200],
  ])('%s leaves the reservation as it is: one arrival', async (_title, scripted, timeoutMs) => {
    party.script(scripted);
    const error = await failure(aClient({ timeoutMs }));
    expect(error).toBeInstanceOf(ThirdPartyError);
    expect(error).toMatchObject({ backsOff: 'resource' });
    expect(calls()).toEqual(['redis take', 'guard take']);
    expect(party.arrivals).toHaveLength(1);
  });
});

describe('statuses', () => {
  test.each<[number, Scripted['headers'], number]>([
    [429, { 'retry-after': '120' }, 120_000],
    [503, { 'retry-after': '120' }, 120_000],
    [429, { 'retry-after': ['60', '180'] }, 180_000],
    [503, { ratelimit: '"default";r=0;t=90' }, 90_000],
    [403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '90' }, 90_000],
    [429, { 'retry-after': 'abc' }, 60_000],
    [429, {}, 60_000],
  ])('%i with %j keeps everybody away for so long', async (status, headers, forMs) => {
    party.script({ status, headers: headers ?? {} });
    const redis = aKeeper('redis', journal);
    const guard = aKeeper('guard', journal);
    const error = await failure(aClient({ keepers: [redis, guard] }));
    expect(error).toBeInstanceOf(ThirdPartyError);
    expect(error).toMatchObject({ backsOff: 'key' });
    expect(redis.deferred).toEqual([{ forMs, cause: { exitCode: 69, message: (error as Error).message } }]);
    expect(guard.deferred).toEqual(redis.deferred);
    expect(calls().filter((call) => call.includes('settle'))).toHaveLength(2);
    expect(party.arrivals).toHaveLength(1);
  });

  test.each([401, 403])('%i keeps these credentials away', async (status) => {
    party.script({ status });
    const redis = aKeeper('redis', journal);
    const error = await failure(aClient({ keepers: [redis] }));
    expect(error).toBeInstanceOf(CredentialsError);
    expect(redis.deferred).toEqual([
      { forMs: 600_000, cause: { exitCode: 77, message: (error as Error).message, credentials: 'ours' } },
    ]);
  });

  test.each([500, 502, 504])('%i backs off the resource only', async (status) => {
    party.script({ status, headers: { 'retry-after': '120' } });
    expect(await failure(aClient())).toMatchObject({ backsOff: 'resource' });
    expect(calls().filter((call) => call.includes('defer'))).toEqual([]);
    expect(party.arrivals).toHaveLength(1);
  });

  test.each([301, 308])('%i on the same origin is remembered, without queries, and not followed', async (status) => {
    party.script({ status, headers: { location: '/v2/people?token=x' } });
    const error = await failure(aClient(), '/people?page=1');
    expect(error).toBeInstanceOf(MovedError);
    expect(error).toMatchObject({ from: `${party.url}/people`, to: `${party.url}/v2/people` });
    expect(party.arrivals).toHaveLength(1);
  });

  test.each<[number, string | undefined]>([
    [302, '/v2/people'],
    [307, '/v2/people'],
    [303, '/v2/people'],
    [301, 'https://elsewhere.example/people'],
    [301, '/people?again=1'],
    [301, undefined],
    [300, undefined],
  ])('%i to %s is an error', async (status, location) => {
    party.script({ status, headers: location ? { location } : {} });
    const error = await failure(aClient());
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).not.toBeInstanceOf(MovedError);
    expect(party.arrivals).toHaveLength(1);
  });

  test('a redirect with Retry-After keeps everybody away', async () => {
    party.script({ status: 302, headers: { location: '/later', 'retry-after': '120' } });
    const redis = aKeeper('redis', journal);
    await failure(aClient({ keepers: [redis] }));
    expect(redis.deferred).toMatchObject([{ forMs: 120_000, cause: { exitCode: 76 } }]);
  });

  test('any other 4xx says what came, and its start', async () => {
    party.script({ status: 418, body: `short\n and  ${'stout'.repeat(100)}` });
    const error = await failure(aClient());
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ status: 418, message: expect.stringMatching(/418 with: short and stout.*…/) });
  });

  test.each<[number, Scripted['headers'], RegExp]>([
    [206, { 'content-range': 'items 0-94/110' }, /206 \(Partial Content, items 0-94\/110\).*only a part/],
    [206, {}, /206 \(Partial Content\).*only a part/],
    [202, {}, /202 \(Accepted\).*has not made its answer yet/],
    [226, {}, /226 \(IM Used\).*a difference/],
    [201, {}, /201 \(Created\).*not a list of what there is/],
    [205, {}, /205 \(Reset Content\)/],
  ])('%i with %j is not a page, and says why', async (status, headers, message) => {
    party.script({ status, headers: headers ?? {}, body: '[]' });
    const error = await failure(aClient());
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ status, message: expect.stringMatching(message) });
    expect((error as Error).message).toContain('nothing of this page was written');
    expect(calls().filter((call) => call.includes('settle'))).toHaveLength(2);
  });

  test.each([200, 203])('%i is a page', async (status) => {
    party.script({ status, body: '[]' });
    expect((await aClient().request({ url: url() })).status).toBe(status);
  });

  test.each([401, 403, 429, 500, 503, 404])('%i quotes the body, which says what is wrong', async (status) => {
    party.script({ status, body: { error: 'the plan of this account has ended' } });
    expect(await failure(aClient())).toMatchObject({
      message: expect.stringMatching(/\d\)? with: {"error":"the plan of this account has ended"}/),
    });
  });

  test.each([401, 403, 429, 500, 503])('%i without a body is only a status', async (status) => {
    party.script({ status });
    expect(await failure(aClient())).toMatchObject({ message: expect.not.stringContaining('with') });
  });

  test.each([190, 185, 0])(
    'no part of a secret is quoted, wherever the quotation ends: after %i characters',
    async (at) => {
      const mask = redactor(['tok_0123456789abcdef']);
      const redis = aKeeper('redis', journal);
      party.script({ status: 401, body: `${' x'.repeat(at / 2)} tok_0123456789abcdef ${'y'.repeat(300)}` });
      const error = (await failure(aClient({ mask, keepers: [redis] }))) as Error;
      for (const text of [error.message, JSON.stringify(redis.deferred)]) {
        expect(text).toContain('(401) with: ');
        expect(text).not.toContain('tok_01');
      }
    },
  );

  test('a success with nothing left is a page, and keeps everybody away without an error', async () => {
    party.script({ headers: { 'ratelimit-remaining': '0', 'ratelimit-reset': '90' }, body: '[]' });
    const redis = aKeeper('redis', journal);
    expect((await aClient({ keepers: [redis] }).request({ url: url() })).status).toBe(200);
    expect(redis.deferred).toMatchObject([{ forMs: 90_000, cause: { exitCode: 0 } }]);
  });

  test('304 is an answer', async () => {
    party.script({ status: 304, headers: { etag: '"x"' } });
    expect(await aClient().request({ url: url() })).toMatchObject({ status: 304, headers: { etag: '"x"' } });
  });
});

describe('where requests go', () => {
  test('nowhere but to the adapter’s own origins: no slot is taken', async () => {
    const error = await aClient()
      .request({ url: new URL('http://127.0.0.1:1/people') })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ message: expect.stringContaining('nothing was sent') });
    expect(journal).toEqual([]);
  });

  test('to where they have moved, with their own query', async () => {
    const moved = { [`${party.url}/people`]: `${party.url}/v2`, [`${party.url}/v2`]: `${party.url}/v3` };
    const { url: from } = await aClient({ moved }).request({ url: url('/people?page=2') });
    expect(party.arrivals[0]?.url.href).toBe(`${party.url}/v3?page=2`);
    expect(from.href).toBe(`${party.url}/v3?page=2`);
  });

  test('never in circles', async () => {
    const moved = { [`${party.url}/a`]: `${party.url}/b`, [`${party.url}/b`]: `${party.url}/a` };
    expect(await failure(aClient({ moved }), '/a')).toBeInstanceOf(ProtocolError);
    expect(party.arrivals).toEqual([]);
  });

  test('with credentials that no answer shows', async () => {
    const authorize: CredentialOptions['authorize'] = (request) => {
      const copy = new URL(request.url);
      copy.searchParams.set('key', 'secret');
      return { ...request, url: copy };
    };
    const response = await aClient({ authorize }).request({ url: url() });
    expect(party.arrivals[0]?.url.searchParams.get('key')).toBe('secret');
    expect(party.arrivals[0]?.headers['user-agent']).toBe('cronsync/1.2.3');
    expect(response.url.href).not.toContain('secret');
    party.script({ cut: 'before' });
    const error = (await failure(aClient({ authorize }))) as Error;
    expect(`${error.stack} ${JSON.stringify(error.cause)} ${(error.cause as Error).stack}`).not.toContain('secret');
  });
});

test.each([
  ['https://API.acme.example/v1', 'api.acme.example'],
  ['http://localhost:8080/', 'localhost-8080'],
  ['http://[::1]:8080/', '1-8080'],
  [`https://${'a'.repeat(40)}.${'b'.repeat(40)}.example/`, `${'a'.repeat(40)}.${'b'.repeat(22)}`],
])('the throttle key of %s fits', (text, key) => {
  expect(throttleKeyOf(new URL(text))).toBe(key);
  expect(key).toMatch(/^[a-z0-9][a-z0-9._-]{0,62}$/);
});

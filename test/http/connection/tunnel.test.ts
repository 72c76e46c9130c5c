import { createServer, type Server } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { ExitCode, LeaseLostError, ThirdPartyError } from '../../../src/errors.ts';
import { createWay, type WayOptions } from '../../../src/http/connection/way.ts';
import { createThrottledClient } from '../../../src/http/throttled.ts';
import { freePort } from '../../helpers/free-port.ts';
import { party } from '../../helpers/fresh-party.ts';
import { aStrictServer, aTlsFront } from '../../helpers/strict-server.ts';
import { aTinyproxy, type TinyproxyOptions } from '../../helpers/tinyproxy.ts';
import { certificate } from '../../helpers/tls.ts';
import { type AnyOption, clientOptions } from '../client-options.ts';
import { aKeeper } from '../keeper.ts';

let journal: string[];
beforeEach(() => {
  journal = [];
});
const calls = () => journal.map((call) => call.replace(/ acme.*/, ''));

async function aProxy(options?: TinyproxyOptions) {
  const proxy = await aTinyproxy(options);
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  return proxy;
}

async function aServer() {
  const server = await aStrictServer([{ id: 1 }]);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

/** One request to this origin. */
async function hit(origin: string, way: WayOptions, options: AnyOption = {}) {
  const given = clientOptions({ key: 'acme', keepers: [aKeeper('redis', journal)], origins: [origin], ...options });
  const transport = { ...given.transport, way: createWay('adapters.acme', way, {}) };
  return createThrottledClient({ ...given, transport }).request({ url: new URL('/people', origin) });
}

const failureOf = (...request: Parameters<typeof hit>) => hit(...request).catch((error: unknown) => error);

describe('through a real proxy', () => {
  test('a hit takes exactly one slot, in a tunnel that is not a request to the third party', async () => {
    const [proxy, server] = [await aProxy(), await aServer()];
    const hits: number[] = [];
    const way = { tls: certificate, proxy: proxy.url };
    const { status } = await hit(server.origin, way, { onHit: () => hits.push(server.requests.length) });
    expect([status, hits, server.requests, server.connected()]).toEqual([200, [0], ['GET /people'], 1]);
    expect(calls()).toEqual(['redis take', 'redis settle 60100']);
    expect(await proxy.requests()).toEqual([`CONNECT localhost:${server.port} HTTP/1.1`]);
  });

  test('a request without TLS goes through a tunnel too, and arrives once', async () => {
    const proxy = await aProxy();
    party.set([{ id: 1 }]);
    expect((await hit(party.url, { proxy: proxy.url })).status).toBe(200);
    expect(party.arrivals.map(({ url, headers }) => [url.pathname, headers.via])).toEqual([['/people', undefined]]);
    expect(await proxy.requests()).toEqual([`CONNECT 127.0.0.1:${party.port} HTTP/1.1`]);
  });

  test('no byte leaves through the tunnel when the lease is lost, and the slot is given back', async () => {
    const [proxy, server] = [await aProxy(), await aServer()];
    // The lease is lost right after the tunnel stands: only the gate can stop the request.
    let asked = 0;
    const mayStillSend = () => {
      asked += 1;
      return asked === 1;
    };
    const error = await failureOf(server.origin, { tls: certificate, proxy: proxy.url }, { mayStillSend });
    expect(error).toBeInstanceOf(LeaseLostError);
    expect([server.connected(), server.requests]).toEqual([1, []]);
    expect(calls()).toEqual(['redis take', 'redis cancel']);
    party.set([]);
    asked = 0;
    expect(await failureOf(party.url, { proxy: proxy.url }, { mayStillSend })).toBeInstanceOf(LeaseLostError);
    expect(party.arrivals).toEqual([]);
  });

  test('user and password open it, and without them the error says so', async () => {
    const proxy = await aProxy({ credentials: 'sync:pass-word' });
    party.set([]);
    const withCredentials = (said: string) => proxy.url.replace('//', `//${said}@`);
    expect((await hit(party.url, { proxy: withCredentials('sync:pass%2Dword') })).status).toBe(200);
    const without = await failureOf(party.url, { proxy: proxy.url });
    expect(without).toBeInstanceOf(ThirdPartyError);
    expect(without).toMatchObject({
      message: `${party.url}/people cannot be reached: the proxy ${proxy.address} demands a user and a password (407); nothing was sent`,
      hint: expect.stringContaining('adapters.acme.proxy: http://user:password@host'),
    });
    const wrong = await failureOf(party.url, { proxy: withCredentials('sync:wrong-word') });
    expect(wrong).toMatchObject({ message: expect.stringContaining('refuses our user and password') });
    expect(String(wrong)).not.toContain('wrong-word');
    expect(party.arrivals).toHaveLength(1);
    expect(calls().slice(2)).toEqual(['redis take', 'redis cancel', 'redis take', 'redis cancel']);
  });

  test('a name that the proxy cannot look up, and a port where nothing listens, are reported with its answer', async () => {
    const proxy = await aProxy();
    for (const origin of ['https://no-such-host.invalid', `http://127.0.0.1:${await freePort()}`]) {
      const error = await failureOf(origin, { proxy: proxy.url });
      const { hostname, port } = new URL(origin);
      const to = `${hostname}:${port || 443}`;
      expect(error).toMatchObject({
        exitCode: ExitCode.unreachable,
        message: expect.stringMatching(
          `^${origin}/people cannot be reached: the proxy ${proxy.address} opened no tunnel to ${to} \\(5\\d\\d .+\\); nothing was sent$`,
        ),
        hint: expect.stringContaining('its log has the cause'),
      });
    }
    expect(calls()).toEqual(['redis take', 'redis cancel', 'redis take', 'redis cancel']);
  });

  test('a port that the proxy does not allow is reported as such', async () => {
    const proxy = await aProxy({ lines: ['ConnectPort 443'] });
    const error = await failureOf(party.url, { proxy: proxy.url });
    expect(error).toMatchObject({
      message: expect.stringContaining('(403 '),
      hint: 'The proxy does not allow this host or port: ask whoever runs it.',
    });
  });
});

describe('a proxy that does not work', () => {
  async function aMuteServer(answer: string | null): Promise<string> {
    const server: Server = createServer((socket) => {
      socket.on('error', () => {}).on('data', () => answer !== null && socket.end(answer));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    onTestFinished(() => void server.close());
    return `127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  test('is named when it is away', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    expect(await failureOf(party.url, { proxy: `http://${address}` })).toMatchObject({
      message: expect.stringContaining(`the proxy ${address} cannot be reached (ECONNREFUSED); nothing was sent`),
      hint: 'Check adapters.acme.proxy, and whether the proxy runs.',
    });
    expect(calls()).toEqual(['redis take', 'redis cancel']);
  });

  test('is named when its name is unknown', async () => {
    expect(await failureOf(party.url, { proxy: 'http://no-such-proxy.invalid:3128' })).toMatchObject({
      message: expect.stringMatching(
        /the proxy no-such-proxy\.invalid:3128 cannot be reached \((ENOTFOUND|EAI_AGAIN)\)/,
      ),
    });
  });

  test('is named when it does not answer in time', async () => {
    const address = await aMuteServer(null);
    expect(await failureOf(party.url, { proxy: `http://${address}` }, { timeoutMs: 200 })).toMatchObject({
      message: expect.stringContaining(
        `did not answer in time: the connection through the proxy ${address} did not stand within 200ms; nothing was sent`,
      ),
    });
    expect(calls()).toEqual(['redis take', 'redis cancel']);
  });

  test.each([
    ['HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_DNS_FAIL 0\r\n\r\n', '(503 ERR_DNS_FAIL'],
    ['HTTP/1.1 502 \x1b[31mred\r\n\r\n', '(502 [31mred)'],
    ['SSH-2.0-OpenSSH\r\n', 'cannot be reached (HPE_'],
    ['', 'cannot be reached (ECONNRESET)'],
  ])('is quoted when it answers %j', async (answer, quote) => {
    const address = await aMuteServer(answer);
    expect(await failureOf(party.url, { proxy: `http://${address}` })).toMatchObject({
      exitCode: ExitCode.unreachable,
      message: expect.stringContaining(quote),
    });
  });

  test('ends with the run', async () => {
    const address = await aMuteServer(null);
    const stop = new AbortController();
    const reason = new Error('stopped');
    const options = { signal: stop.signal, timeoutMs: 60_000 };
    const asking = failureOf(party.url, { proxy: `http://${address}` }, options);
    setTimeout(() => stop.abort(reason), 50);
    expect(await asking).toBe(reason);
  });
});

describe('a proxy that speaks TLS', () => {
  test('carries TLS in TLS', async () => {
    const server = await aServer();
    const front = await aTlsFront(Number(new URL((await aProxy()).url).port));
    onTestFinished(() => front[Symbol.asyncDispose]());
    expect(await failureOf(server.origin, { tls: certificate, proxy: front.url })).toMatchObject({
      message: expect.stringMatching(/the proxy localhost:\d+ cannot be reached \(DEPTH_ZERO_SELF_SIGNED_CERT\)/),
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
    const known = getCACertificates('default');
    setDefaultCACertificates([...known, certificate.ca]);
    onTestFinished(() => setDefaultCACertificates(known));
    expect((await hit(server.origin, { tls: certificate, proxy: front.url })).status).toBe(200);
    expect(server.requests).toHaveLength(1);
  });
});

describe('certificates', () => {
  test('the authority and our own certificate are used, and what is wrong with them is said', async () => {
    const server = await aServer();
    expect((await hit(server.origin, { tls: certificate })).status).toBe(200);
    const { ca, cert, key } = certificate;
    const unknown = await failureOf(server.origin, { tls: { cert, key } });
    expect(unknown).toMatchObject({
      message: expect.stringContaining('(DEPTH_ZERO_SELF_SIGNED_CERT); nothing was sent'),
      hint: 'Look at `tls` of the adapter: `ca`, `cert`, `key` and `servername`.',
    });
    const nameless = await failureOf(server.origin, { tls: { ...certificate, servername: 'api.acme.example' } });
    expect(nameless).toMatchObject({ message: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID') });
    // In TLS 1.3 a server judges our certificate after the client believes that the connection stands.
    const bare = await failureOf(server.origin, { tls: { ca } });
    expect(bare).toMatchObject({ exitCode: ExitCode.unreachable, hint: expect.stringContaining('`cert`') });
    expect(server.requests).toEqual(['GET /people']);
  });

  test('a name of the certificate stands for an address', async () => {
    const server = await aServer();
    const origin = server.origin.replace('localhost', '127.0.0.1');
    expect(await failureOf(origin, { tls: certificate })).toMatchObject({
      message: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
    });
    expect((await hit(origin, { tls: { ...certificate, servername: 'localhost' } })).status).toBe(200);
  });

  test.each([
    ['a key that is none', { ...certificate, key: '-----BEGIN KEY-----' }],
    ['a certificate that is cut short', { ...certificate, cert: certificate.cert.slice(0, 200) }],
  ])('%s is refused before anything is sent', (_, tls) => {
    expect(() => createWay('adapters.acme', { tls }, {})).toThrow(
      /^adapters\.acme\.tls cannot be used \(.+\); nothing/,
    );
  });
});

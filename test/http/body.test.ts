import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { createServer } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { HttpResponse } from '../../src/adapter.ts';
import { ProtocolError, ThirdPartyError } from '../../src/errors.ts';
import { type ClientOptions, loadClient } from '../../src/http/client.ts';
import { Line } from '../../src/http/connection/line.ts';
import { party } from '../helpers/fresh-party.ts';

async function get(options: Partial<ClientOptions> = {}, url = party.url): Promise<HttpResponse> {
  const signal = new AbortController().signal;
  const client = await loadClient({
    userAgent: 'cronsync/test',
    timeoutMs: 5000,
    maxBody: 1_000_000,
    signal,
    ...options,
  });
  return client({ url: new URL(url) }, await connected(url), () => {});
}

async function connected(url = party.url) {
  const line = new Line(new URL(url), { timeoutMs: 5000, signal: new AbortController().signal });
  await line.open();
  return line.take();
}

async function read({ body }: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const unreadable = async (response: HttpResponse) => read(response).catch((error: unknown) => error);

test('a packed body comes unpacked, and its headers do not mention the packing', async () => {
  party.script({ headers: { 'content-encoding': 'gzip', 'x-two': ['a', 'b'] }, body: gzipSync('hello') });
  const response = await get();
  expect(await read(response)).toBe('hello');
  expect(response.headers).not.toHaveProperty('content-encoding');
  expect(response.headers['x-two']).toBe('a, b');
});

test('a body over the cap is refused while it streams', async () => {
  party.script({ body: Buffer.alloc(1_000_001) });
  const error = await unreadable(await get());
  expect(error).toBeInstanceOf(ProtocolError);
  expect(error).toMatchObject({ message: expect.stringContaining('1000000 bytes') });
});

test('a body of exactly the cap is fine', async () => {
  party.script({ body: Buffer.alloc(1_000_000, 'x') });
  expect(await read(await get())).toHaveLength(1_000_000);
});

test('a gzip bomb is refused by its unpacked size, and no more of it than the cap is passed on', async () => {
  party.script({ headers: { 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(300_000_000)) });
  const { body } = await get();
  let passedOn = 0;
  const reading = (async () => {
    for await (const chunk of body) passedOn += chunk.byteLength;
  })();
  await expect(reading).rejects.toBeInstanceOf(ProtocolError);
  expect(passedOn).toBeLessThanOrEqual(1_000_000);
});

test.each<[string, object]>([
  ['cut off', { body: 'half of', cut: 'in-body' }],
  ['packed and cut off', { headers: { 'content-encoding': 'gzip' }, body: gzipSync('x'.repeat(99)).subarray(0, 20) }],
  ['no gzip, though it says so', { headers: { 'content-encoding': 'gzip' }, body: 'plain' }],
])('a body that is %s is refused', async (_title, scripted) => {
  party.script(scripted);
  expect(await unreadable(await get())).toBeInstanceOf(ProtocolError);
});

test('a chunked body that is cut off is an error', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n'));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  expect(await unreadable(await get({}, `http://127.0.0.1:${port}`))).toBeInstanceOf(ProtocolError);
  server.close();
});

test('a body that stops coming is a timeout', async () => {
  party.script({ body: 'half of', hang: 'in-body' });
  const error = await unreadable(await get({ timeoutMs: 300 }));
  expect(error).toBeInstanceOf(ThirdPartyError);
  expect(error).toMatchObject({ backsOff: 'resource' });
});

test('a body that drips is a timeout: the time is that of the whole answer', async () => {
  const server = createServer((socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n'));
    const drip = setInterval(() => socket.write('x'), 20);
    socket.on('error', () => {}).once('close', () => clearInterval(drip));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  const error = await unreadable(await get({ timeoutMs: 300 }, `http://127.0.0.1:${port}`));
  server.close();
  expect(error).toBeInstanceOf(ThirdPartyError);
  expect(error).toMatchObject({ hint: expect.stringContaining('timeout') });
});

test('the time until the headers came is a part of the time of the answer', async () => {
  party.script({ delayMs: 250, body: 'half of', hang: 'in-body' });
  const response = await get({ timeoutMs: 400 });
  const startedAt = performance.now();
  expect(await unreadable(response)).toBeInstanceOf(ThirdPartyError);
  expect(performance.now() - startedAt).toBeLessThan(350);
});

test('a body that unpacks to much more than was sent is refused, long before the cap', async () => {
  party.script({ headers: { 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(30_000_000)) });
  const { body } = await get({ maxBody: 256_000_000 });
  let passedOn = 0;
  const reading = (async () => {
    for await (const chunk of body) passedOn += chunk.byteLength;
  })();
  await expect(reading).rejects.toMatchObject({ exitCode: 76, message: expect.stringContaining('200 times') });
  expect(passedOn).toBeLessThan(7_000_000);
});

test('a body that packs well is not a bomb', async () => {
  const lines = Array.from({ length: 100_000 }, (_, at) => `{"id":${at},"state":"active","tags":[],"note":null}`);
  party.script({ headers: { 'content-encoding': 'gzip' }, body: gzipSync(lines.join()) });
  expect(await read(await get({ maxBody: 256_000_000 }))).toBe(lines.join());
});

test('a reader may take longer than the timeout', async () => {
  party.script({ body: Buffer.alloc(900_000, 'x') });
  const { body } = await get({ timeoutMs: 100 });
  let size = 0;
  let isFirst = true;
  for await (const chunk of body) {
    if (isFirst) await new Promise((done) => setTimeout(done, 300));
    isFirst = false;
    size += chunk.byteLength;
  }
  expect(size).toBe(900_000);
});

test('the run’s end cuts the body with its own reason', async () => {
  const stop = new AbortController();
  party.script({ body: 'half of', hang: 'in-body' });
  const response = await get({ signal: stop.signal });
  const reason = new Error('stopped');
  stop.abort(reason);
  expect(await unreadable(response)).toBe(reason);
});

test('a header that HTTP does not allow is a mistake in the config, and nothing is sent', async () => {
  const client = await loadClient({
    userAgent: 'x\ny',
    timeoutMs: 5000,
    maxBody: 1,
    signal: new AbortController().signal,
  });
  await expect(client({ url: new URL(party.url) }, await connected(), () => {})).rejects.toMatchObject({
    exitCode: 78,
  });
  expect(party.arrivals).toEqual([]);
});

test('a body and its method are sent as they are', async () => {
  const client = await loadClient({
    userAgent: 'x',
    timeoutMs: 5000,
    maxBody: 1000,
    signal: new AbortController().signal,
  });
  await client(
    { url: new URL(party.url), method: 'POST', body: 'a=1', headers: { 'content-type': 'text/plain' } },
    await connected(),
    () => {},
  );
  expect(party.arrivals).toMatchObject([{ method: 'POST', body: 'a=1' }]);
});

test('over TLS the request leaves when the encrypted connection stands', async () => {
  const [key, cert] = ['key', 'crt'].map((end) =>
    readFileSync(new URL(`../fixtures/tls/localhost.${end}`, import.meta.url), 'utf8'),
  );
  const known = getCACertificates('default');
  setDefaultCACertificates([...known, cert ?? '']);
  const server = createTlsServer({ key, cert }, (request, response) => response.end(`${request.url}`));
  await new Promise<void>((done) => server.listen(0, 'localhost', done));
  const { port } = server.address() as { port: number };
  const response = await get({}, `https://localhost:${port}/people`);
  expect(await read(response)).toBe('/people');
  server.close();
  setDefaultCACertificates(known);
});

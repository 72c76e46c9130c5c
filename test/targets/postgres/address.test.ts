import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConfigError } from '../../../src/errors.ts';
import { parseAddress } from '../../../src/targets/postgres/connection/address.ts';
import { ada, customersTable, takeOver, write } from '../../contracts/target.ts';
import { aPostgresWorld } from './a-postgres-target.ts';

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url), 'utf8');

describe('a URL', () => {
  test('names host, port, user, password and database, with escapes decoded', () => {
    const { client, label } = parseAddress('postgres://sy%20nc:p%40ss%2Fword@db.example:6432/my%20app');
    expect(client).toMatchObject({
      host: 'db.example',
      port: 6432,
      user: 'sy nc',
      password: 'p@ss/word',
      database: 'my app',
    });
    expect(label).toBe('postgres:db.example:6432/my app');
  });

  test.each([
    ['postgresql://db.example/app', 'db.example', 5432],
    ['postgres://[::1]:5433/app', '::1', 5433],
    ['postgres:///app?host=/var/run/postgresql', '/var/run/postgresql', 5432],
    ['postgres://u@/app?host=db.example&port=7', 'db.example', 7],
  ])('%s is %s at %d', (url, host, port) => {
    expect(parseAddress(url).client).toMatchObject({ host, port });
  });

  test.each([
    ['several hosts', '?host=a,b', 'it names several hosts'],
    ['several ports', '?port=1,2', 'it names several ports'],
    ['a port that is not a number', '?port=abc', '"abc" is not a port'],
    ['an empty port', '?port=', '"" is not a port'],
    ['a port out of range', '?port=70000', '"70000" is not a port'],
  ])('of %s is refused', (_what, query, why) => {
    const parse = () => parseAddress(`postgres://u:secret@h/d${query}`);
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(why);
  });

  const own = { ca: 'PEM' };
  test.each([
    ['', undefined, false],
    ['?sslmode=disable', own, false],
    ['?sslmode=require', undefined, { rejectUnauthorized: false }],
    ['?sslmode=require', own, { rejectUnauthorized: true, ca: 'PEM' }],
    ['?sslmode=verify-full', undefined, { rejectUnauthorized: true }],
    ['?sslmode=verify-ca', own, { rejectUnauthorized: true, ca: 'PEM', checkServerIdentity: expect.any(Function) }],
    ['', own, { rejectUnauthorized: true, ca: 'PEM' }],
    ['', { verify: false }, { rejectUnauthorized: false }],
  ])('with %j and %j asks for %j', (query, tls, ssl) => {
    expect(parseAddress(`postgres://h/d${query}`, tls).client.ssl).toEqual(ssl);
  });
});

/** Speaks TLS with the client, and plainly with the server: what a Postgres with a certificate does. */
async function aTlsServer(target: number): Promise<number> {
  const secureContext = createSecureContext({ cert: fixture('localhost.crt'), key: fixture('localhost.key') });
  const sockets: Socket[] = [];
  const server = createServer((client) => {
    sockets.push(client);
    client.on('error', () => {});
    client.once('data', () => {
      client.write('S');
      const secure = new TLSSocket(client, { isServer: true, secureContext });
      const upstream = connect(target, '127.0.0.1');
      for (const [from, to] of [
        [secure, upstream],
        [upstream, secure],
      ] as const) {
        from.on('error', () => to.destroy());
        from.pipe(to);
      }
    });
  }).listen(0, 'localhost');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}

describe('TLS', () => {
  test('is used with a server that proves who it is', async () => {
    const world = await aPostgresWorld();
    const port = await aTlsServer(world.database.port);
    const url = world.database.urlFor({ port }).replace('127.0.0.1', 'localhost');
    const target = await takeOver(await world.open({ url, tls: { ca: fixture('localhost.crt') } }));
    expect(await write(target, [ada])).toMatchObject({ ids: [1] });
  });

  test.each([
    ['an authority that we do not know', 'localhost', {}],
    ['another name', '127.0.0.1', { ca: fixture('localhost.crt') }],
  ])('is refused with %s', async (_what, host, tls) => {
    const world = await aPostgresWorld();
    const port = await aTlsServer(world.database.port);
    const url = world.database.urlFor({ port }).replace('127.0.0.1', host);
    const target = await world.open({ url, tls });
    const takingOver = target.takeOver({ run: 'r', holder: 'h' }, [customersTable()], 0);
    await expect(takingOver).rejects.toThrow(/do not agree on TLS/);
  });

  test('is never left out where it was asked for', async () => {
    const world = await aPostgresWorld();
    const target = await world.open({ url: `${world.database.url}?sslmode=require` });
    const takingOver = target.takeOver({ run: 'r', holder: 'h' }, [customersTable()], 0);
    await expect(takingOver).rejects.toThrow(/do not agree on TLS/);
  });
});

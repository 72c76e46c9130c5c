import { createServer } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { eventually } from '../helpers/child.ts';
import { aStrictServer } from '../helpers/strict-server.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers } from '../helpers/sync.ts';
import { aTinyproxy } from '../helpers/tinyproxy.ts';
import { certificate } from '../helpers/tls.ts';

/** A proxy that opens every tunnel to this port, whatever host it is asked for. */
async function aSwitchboard(port: number) {
  const asked: string[] = [];
  const server = createServer().on('connect', ({ url = '' }, client) => {
    asked.push(url);
    const back = connect(port, '127.0.0.1', () => client.write('HTTP/1.1 200 Connected\r\n\r\n'));
    client.pipe(back).pipe(client);
    for (const end of [client, back]) end.on('error', () => end.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

test('a run asks an API of a private authority through a proxy, once a minute, with its own certificate', async () => {
  await using server = await aStrictServer(customers(3));
  await using proxy = await aTinyproxy();
  await using project = await aProject({
    redis,
    config: (config) => {
      const acme = { ...config.adapters.acme, baseUrl: server.origin, proxy: proxy.url };
      const tls = { ca: '${file:ca.pem}', cert: '${file:sync.crt}', key: '${file:sync.key}' };
      return { ...config, adapters: { acme: { ...acme, tls, throttle: { wait: '0s' } } } };
    },
  });
  await project.write('ca.pem', certificate.ca);
  await project.write('sync.crt', certificate.cert);
  await project.write('sync.key', certificate.key);

  const checked = await project.sync(['check']);
  expect(checked.stdout).toContain(`adapter  acme (rest), through the proxy ${proxy.address}`);
  expect([checked.exitCode, server.connected()]).toEqual([0, 0]);
  expect((await project.sync()).json()).toMatchObject({ hits: 1 });
  expect((await project.sync()).json()).toMatchObject({ hits: 0, outcome: 'throttled' });
  expect(server.requests).toHaveLength(1);
  expect(await proxy.requests()).toEqual([`CONNECT localhost:${server.port} HTTP/1.1`]);

  await project.write('sync.key', certificate.key.slice(0, 80));
  const broken = await project.sync(['check']);
  expect([broken.exitCode, broken.stdout]).toEqual([78, expect.stringContaining('adapters.acme.tls cannot be used')]);
});

test('the environment names the proxy, and NO_PROXY and the config make exceptions', async () => {
  await using project = await aProject({
    redis,
    records: customers(2),
    config: (config) => {
      const acme = { ...config.adapters.acme, baseUrl: 'http://api.acme.example' };
      return { ...config, adapters: { acme: { ...acme, throttle: { per: '1ms', margin: '0s' } } } };
    },
  });
  await using proxy = await aSwitchboard(project.party.port);
  const env = { HTTP_PROXY: proxy.url, NO_PROXY: 'other.example' };
  expect((await project.sync(undefined, { env })).json()).toMatchObject({ hits: 1 });
  expect(proxy.asked).toEqual(['api.acme.example:80']);

  const direct = await project.sync(undefined, { env: { ...env, NO_PROXY: '.acme.example' } });
  expect([direct.exitCode, direct.stdout]).toEqual([
    69,
    expect.stringMatching(/api\.acme\.example.*cannot be reached/),
  ]);
  const wrong = await project.sync(undefined, { env: { HTTP_PROXY: 'socks5://user:secret-word@proxy.example' } });
  expect([wrong.exitCode, wrong.stdout]).toEqual([78, expect.stringContaining('HTTP_PROXY is not the URL')]);
  expect(wrong.stdout).not.toContain('secret-word');
  expect(proxy.asked).toHaveLength(1);
});

test('a webhook goes through the proxy that its listener names, and not through one of the environment', async () => {
  await using receiver = await aStrictServer();
  await using proxy = await aTinyproxy();
  const listener = { type: 'webhook', on: ['*'], from: 'beginning', url: `${receiver.origin}/hook` };
  await using project = await aProject({
    redis,
    records: customers(2),
    config: (config) => ({
      ...config,
      listeners: { notify: { ...listener, tls: certificate, proxy: proxy.url } },
    }),
  });
  expect((await project.sync()).exitCode).toBe(0);
  const checked = await project.sync(['check']);
  expect(checked.stdout).toContain(`listener notify  posts to localhost, through the proxy ${proxy.address}`);
  expect((await project.sync(['listen', '--drain'])).exitCode).toBe(0);
  await eventually(() => receiver.requests.length === 2);
  expect(new Set(await proxy.requests())).toEqual(new Set([`CONNECT localhost:${receiver.port} HTTP/1.1`]));

  const notify = { ...listener, url: 'https://hooks.example/sync' };
  await project.reconfigure((config) => ({ ...config, listeners: { notify } }));
  const unnamed = await project.sync(['check'], { env: { HTTPS_PROXY: proxy.url } });
  expect(unnamed.exitCode).toBe(78);
  expect(unnamed.stdout).toMatch(/the listener notify would post through the proxy of HTTPS_PROXY/);
});

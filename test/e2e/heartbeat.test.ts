import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers } from '../helpers/sync.ts';

/** A monitor on a real port that remembers what it was asked for. */
async function aMonitor(answer: number | 'hang' = 200) {
  const pings: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    pings.push(url);
    if (answer !== 'hang') response.writeHead(answer).end('OK');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/9f3c-a-secret-key/crm?tag=prod-eu`,
    pings,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function withHeartbeat({ url }: { readonly url: string }) {
  return (config: object) => ({ ...config, heartbeat: { url } });
}

const at = '/9f3c-a-secret-key/crm';

test('a run pings its start and its exit code, and nothing where it hits nobody', async () => {
  await using monitor = await aMonitor();
  await using project = await aProject({ redis, records: customers(2), config: withHeartbeat(monitor) });
  expect((await project.sync(['run', '--dry-run'])).exitCode).toBe(0);
  expect(monitor.pings).toEqual([]);

  expect((await project.sync()).exitCode).toBe(0);
  expect(monitor.pings.splice(0)).toEqual([`${at}/start?tag=prod-eu`, `${at}/0?tag=prod-eu`]);

  project.party.script({ status: 503 });
  expect((await project.sync()).exitCode).toBe(69);
  expect(monitor.pings.splice(0)).toEqual([`${at}/start?tag=prod-eu`, `${at}/69?tag=prod-eu`]);

  await redis.client.set(project.lockKey, 'somebody');
  expect((await project.sync()).exitCode).toBe(75);
  expect((await project.sync(['run', '--locked-exit-code', '0'])).exitCode).toBe(0);
  expect(monitor.pings).toEqual([]);
});

test('a run that never gets to the lock pings its exit code', async () => {
  await using monitor = await aMonitor();
  await using project = await aProject({
    redis,
    config: (config) => ({ ...config, heartbeat: { url: monitor.url }, redis: { url: 'redis://127.0.0.1:1' } }),
  });
  expect((await project.sync()).exitCode).toBe(69);
  expect(monitor.pings).toEqual([`${at}/69?tag=prod-eu`]);
});

test.each([500, 'hang'] as const)(
  'a monitor that answers %s changes nothing, and its URL is shown nowhere',
  async (answer) => {
    await using monitor = await aMonitor(answer);
    await using project = await aProject({ redis, records: customers(1), config: withHeartbeat(monitor) });
    const run = await project.sync(['run', '--log-level', 'debug']);
    expect(run.exitCode).toBe(0);
    expect(monitor.pings).toContain(`${at}/0?tag=prod-eu`);
    expect(run.stderr).toMatch(/info the heartbeat (was answered 500|could not be sent)/);
    expect(run.stdout + run.stderr).not.toMatch(/9f3c|prod-eu/);
    expect(await project.database.rows()).toHaveLength(1);
  },
);

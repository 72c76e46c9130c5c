import type { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { aCluster } from '../helpers/cluster.ts';
import { freePort } from '../helpers/free-port.ts';
import { allDone, listenTimings } from '../helpers/listening.ts';
import { aReceiver, webhookTo } from '../helpers/receiver.ts';
import { aSentinelSetup } from '../helpers/sentinel.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers, eventually, expectInStep } from '../helpers/sync.ts';

const secret = 'the-secret-word';
const starts = {
  sentinel: () => aSentinelSetup({ password: secret }),
  cluster: () => aCluster({ password: secret }),
};

test.each(['sentinel', 'cluster'] as const)(
  '%s: every command finds Redis, and nothing shows the password',
  async (shape) => {
    await using setup = await starts[shape]();
    await using receiver = await aReceiver();
    await using project = await aProject({
      redis: { client: setup.client as Redis, url: '', place: setup.place },
      records: customers(20),
      timings: listenTimings,
      config: (config) => ({ ...config, listeners: { notify: webhookTo(receiver) } }),
    });
    const redirects = 'redirects' in setup ? setup.redirects : async () => 0;
    const before = await redirects();

    const daemon = project.start(['listen']);
    const ended = [];
    for (const args of [['check'], ['run', '--dry-run'], ['run', '--json'], ['status'], ['verify']]) {
      ended.push(await project.sync(args));
    }
    await eventually(() => receiver.taken().length === 20);
    await allDone(project);
    daemon.kill('SIGTERM');
    ended.push(await daemon.finished, await project.sync(['listen', '--drain'], { ownProcess: true }));

    expect(ended.map(({ exitCode, stderr }) => [exitCode, stderr.includes('hint')])).toEqual(
      ended.map(() => [0, false]),
    );
    expect(ended[0]?.stdout).toContain(
      shape === 'cluster' ? 'the cluster of 127.0.0.1' : 'mymaster (sentinels 127.0.0.1',
    );
    expect(ended.filter(({ stdout, stderr }) => (stdout + stderr).includes(secret))).toEqual([]);
    await expectInStep(project, { isTrimmed: true });
    // Each command has gone to the node that keeps its keys.
    expect(await redirects()).toBe(before);
  },
);

test.each([
  ['sentinels', (at: string) => ({ sentinels: [at], name: 'mymaster' })],
  ['nodes of a cluster', (at: string) => ({ cluster: [at] })],
])('%s that are away: 69, what to do, no hit, and nothing was written', async (_, placeAt) => {
  const at = `127.0.0.1:${await freePort()}`;
  await using project = await aProject({
    redis,
    records: customers(3),
    config: (config) => ({ ...config, redis: placeAt(at) }),
  });

  for (const args of [['run'], ['run', '--dry-run'], ['unlock']]) {
    const ended = await project.sync(args);
    expect([args, ended.exitCode]).toEqual([args, 69]);
    expect(ended.stderr).toContain(`ECONNREFUSED ${at}`);
    expect(ended.stderr).toMatch(/hint: .*redis\.(sentinels|cluster)/);
  }
  expect(project.party.arrivals).toEqual([]);
  expect(project.query('SELECT name FROM sqlite_master')).toEqual([]);
});

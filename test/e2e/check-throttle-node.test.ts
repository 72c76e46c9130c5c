import type { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { aCluster } from '../helpers/cluster.ts';
import { aProject, customers, eventually } from '../helpers/sync.ts';

test('check reports the node of a cluster that keeps the slots of the throttle, when it evicts, and when it is away', async () => {
  await using setup = await aCluster({ replicas: 0, nodeArgs: ['--cluster-require-full-coverage', 'no'] });
  await using project = await aProject({
    redis: { client: setup.client as unknown as Redis, url: '', place: setup.place },
    records: customers(3),
  });
  const owner = await setup.ownerOf(project.lockKey);
  const key = await keyElsewhere(owner, setup);
  const { acme } = project.config.adapters;
  const throttle = { ...acme.throttle, key };
  await project.reconfigure((config) => ({ ...config, adapters: { acme: { ...acme, throttle } } }));
  const check = async () => {
    const { exitCode, stdout } = await project.sync(['check', '--json']);
    const { findings }: { findings: { what: string; is: string; detail: string }[] } = JSON.parse(stdout);
    return { exitCode, findings: findings.filter(({ what }) => what === 'redis' || what === 'throttle') };
  };
  expect(await check()).toMatchObject({ exitCode: 0, findings: [{ what: 'redis', is: 'good' }] });

  const node = await setup.ownerOf(`{sync-throttle:${key}}:slots`);
  await node.client.config('SET', 'maxmemory', '100mb', 'maxmemory-policy', 'allkeys-lru');
  expect(await check()).toMatchObject({
    exitCode: 78,
    findings: [
      { what: 'redis', is: 'good' },
      { what: 'throttle', is: 'bad', detail: expect.stringMatching(`the slots of ${key}: .*evicts keys`) },
    ],
  });

  await node.kill('SIGKILL');
  await eventually(async () => (await check()).exitCode === 69);
  expect((await check()).findings).toMatchObject([
    { what: 'redis', is: 'good' },
    { what: 'throttle', is: 'bad', detail: expect.stringContaining(`the node that keeps the slots of ${key}`) },
  ]);
  expect(project.party.arrivals).toEqual([]);
});

/** A throttle key whose slots another node keeps than the lock. */
async function keyElsewhere(owner: unknown, setup: Awaited<ReturnType<typeof aCluster>>): Promise<string> {
  for (let n = 0; ; n += 1) {
    if ((await setup.ownerOf(`{sync-throttle:acme-${n}}:slots`)) !== owner) return `acme-${n}`;
  }
}

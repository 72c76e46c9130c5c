import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../helpers/child.ts';
import { readPage } from '../helpers/documents.ts';
import { type KubernetesObject, kubectl, kustomized } from '../helpers/kubernetes.ts';
import { Pod, type PodOptions } from '../helpers/pod.ts';
import { aPostgres, type PostgresDatabase } from '../helpers/postgres.ts';
import { aReceiver, type Receiver, receiverSecret } from '../helpers/receiver.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aThirdParty, type ThirdParty } from '../helpers/third-party.ts';

const tokens = { 'web-view-token': 'token-of-those-who-look', 'web-token': 'token-of-those-who-act' };

let postgres: PostgresDatabase;
let party: ThirdParty;
let receiver: Receiver;
beforeAll(async () => {
  postgres = await aPostgres();
  party = await aThirdParty();
  receiver = await aReceiver();
  const data = ['1', '2', '3'].map((id) => ({ id, contact: { email: `${id}@example.com` }, status: 'active' }));
  party.serveBy(() => ({ body: { data, meta: { next: null } } }));
});
afterAll(async () => {
  await receiver[Symbol.asyncDispose]();
  await party[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

function start(objects: readonly KubernetesObject[], workload: string): Promise<Pod> {
  const secrets: PodOptions['secrets'] = {
    ...{ ...tokens, 'api-token': 'token-of-the-api', 'hook-secret': receiverSecret },
    ...{ 'redis-url': redis.url, 'database-url': postgres.url },
  };
  const elsewhere = {
    'https://api.crm.example': party.url,
    '"url": "https://hooks.example/customers"': `"url": "${receiver.url}", "allowPrivate": true`,
  };
  return Pod.start({ objects, workload, secrets, elsewhere });
}

/** A busy machine may take longer to ask a store than a scrape waits. */
async function expectMetrics(pod: Pod, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  await eventually(async () => {
    const metrics = await (await pod.get('/metrics', headers)).text();
    expect(metrics).toContain('cronsync_live_rows{sync="crm",resource="customers"} 3');
    return true;
  });
}

test('the pods of the base work with what the manifests give them', async () => {
  const objects = kustomized('base');
  await using run = await start(objects, 'cronsync-run');
  const { exitCode, stderr } = await run.child.finished;
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining('"outcome":"done"')]);
  expect(await postgres.rows('SELECT id FROM customers ORDER BY id')).toEqual([{ id: '1' }, { id: '2' }, { id: '3' }]);
  expect(party.arrivals.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-of-the-api']);

  await using daemon = await start(objects, 'cronsync-listen');
  await using page = await start(objects, 'cronsync-web');
  await daemon.ready();
  await expectMetrics(daemon);
  await eventually(() => receiver.taken().length === 3);
  expect(receiver.forged).toEqual([]);

  await page.ready();
  expect((await page.get('/metrics')).status).toBe(401);
  await expectMetrics(page, { authorization: `Bearer ${tokens['web-view-token']}` });
  daemon.child.kill('SIGTERM');
  expect((await daemon.child.finished).exitCode).toBe(0);
});

test('a run that finds the lock held does not fail its Job', async () => {
  const objects = kustomized('base');
  await redis.client.set('{sync:crm}:lock', 'somebody');
  await using run = await start(objects, 'cronsync-run');
  expect((await run.child.finished).exitCode).toBe(0);
  await redis.client.del('{sync:crm}:lock');
});

test('the run of the minimal overlay keeps its database on the volume', async () => {
  await redis.client.flushall();
  const objects = kustomized('overlays/minimal');
  await using run = await start(objects, 'cronsync-run');
  const { exitCode, stderr } = await run.child.finished;
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining('"outcome":"done"')]);
  expect(run.files('data')).toContain('sync.db');
});

/** The files of the Secret, from the table of the docs. */
function documentedSecrets(): readonly string[] {
  const [, table = ''] = /^\| file \|.*\n\| ?---.*\n((?:\|.*\n)+)/m.exec(readPage('docs/deploy.md')) ?? [];
  const cells = table.split('\n').map((row) => row.split('|')[1] ?? '');
  return cells.flatMap((cell) => [...cell.matchAll(/`([\w-]+)`/g)].map(([, file = '']) => file));
}

test('the Secret that the docs make has each key that the manifests and configs name, and no other', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cronsync-secrets-'));
  for (const file of documentedSecrets()) writeFileSync(join(folder, file), 'secret');
  const [, command = ''] = /^kubectl (create secret .*)$/m.exec(readPage('docs/deploy.md')) ?? [];
  const words = command.replace('=secrets', `=${folder}`).split(' ');
  const secret = JSON.parse(kubectl(...words, '--dry-run=client', '--output', 'json'));
  rmSync(folder, { recursive: true });

  const objects = kustomized('overlays/production');
  const text = JSON.stringify(objects);
  const files = [...text.matchAll(/\/run\/secrets\/cronsync\/([\w-]+)/g)].map(([, key]) => key);
  const references = [...text.matchAll(/"key":"([\w-]+)","name":"cronsync"|"name":"cronsync","key":"([\w-]+)"/g)];
  const named = new Set([...files, ...references.map(([, one, other]) => one ?? other)]);
  expect(Object.keys(secret.data).toSorted()).toEqual([...named].toSorted());
  expect(named.size).toBeGreaterThan(5);
  expect(secret.metadata).toMatchObject({ name: 'cronsync', namespace: 'crm' });
});

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aRedis, type RedisServer } from '../helpers/redis.ts';
import type { Project, RemoteCustomer } from '../helpers/sync.ts';
import { aCustomer, aProject, type BaseConfig, customers, eventually, expectInStep } from '../helpers/sync.ts';

const source = fileURLToPath(new URL('../../src/', import.meta.url));

/** Where a run on SQLite does not pass. */
const elsewhere = /^(listen|listeners|redis\/(attempts|blocking|consumer|members)|targets\/(?!sqlite|sql\/))/;

/** The name of every crash point that a run passes: a new one is covered as soon as it is there. */
const names = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !elsewhere.test(file))
  .flatMap((file) => [...readFileSync(source + file, 'utf8').matchAll(/crashPoint\('([\w-]+)'\)/g)])
  .map(([, name]) => name ?? '');

/** At the first few visits of a point; later ones are the same again. */
const visits = 3;

let redis: RedisServer;
beforeAll(async () => {
  redis = await aRedis();
});
afterAll(() => redis.stop());

async function aProjectToKill(): Promise<Project> {
  return aProject({
    redis,
    records: customers(12),
    dialect: 'cursor',
    pageSize: 4,
    ttl: '2s',
    throttle: { per: '20ms' },
    timings: { slotReserveMs: 1500 },
    config: (config: BaseConfig) => ({
      ...config,
      adapters: { acme: { ...config.adapters.acme, timeout: '1s' } },
      guard: { maxDeletes: '100%', confirm: 1 },
    }),
  });
}

/** What the third party has in its n-th version: others are gone, new, changed, and back again. */
function version(n: number): RemoteCustomer[] {
  const kept = customers(16 + 2 * n).filter((_, at) => at % 5 !== n % 5);
  return kept.map((customer, at) =>
    at % 3 === n % 3 ? aCustomer(Number(customer.id), { status: `v${n}` }) : customer,
  );
}

/** Runs into the crash, waits for the lock to run out, and lets a clean run go on. How the killed run ended. */
async function killAndRecover(project: Project, at: string) {
  const killed = await project.sync(['run'], { env: { SYNC_CRASH_AT: at } });
  await eventually(async () => (await redis.client.exists(project.lockKey)) === 0);
  const clean = await project.sync();
  expect(clean.json()).toMatchObject({ outcome: 'done', exitCode: 0 });
  await expectInStep(project);
  return killed;
}

test('there are crash points to visit', () => {
  expect(new Set(names).size).toBeGreaterThan(10);
});

describe.each([...new Set(names)])('killed at %s', { concurrent: true }, (name) => {
  test.concurrent('a first load is made whole by the next run', async () => {
    await using project = await aProjectToKill();
    const killed = await killAndRecover(project, name);
    // A first load deletes nothing.
    expect(killed.signal).toBe(name.startsWith('remove-') ? null : 'SIGKILL');
  });

  test.concurrent('a run that creates, updates and deletes is made whole by the next run', async () => {
    await using project = await aProjectToKill();
    await project.sync();
    const ends: (string | null)[] = [];
    for (let visit = 1; visit <= visits; visit += 1) {
      project.serve(version(visit));
      ends.push((await killAndRecover(project, `${name}:${visit}`)).signal);
    }
    expect(ends[0]).toBe('SIGKILL');
  });
});

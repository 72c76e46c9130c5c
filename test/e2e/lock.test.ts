import { expect, test } from 'vitest';
import type { Holder } from '../../src/lock.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers, eventually, expectInStep, type Project } from '../helpers/sync.ts';

const somebody: Holder = {
  token: '00112233445566778899aabbccddeeff',
  host: 'other-host',
  pid: 4242,
  run: 'abcdef123456',
  startedAt: '2026-01-01T00:00:00.000Z',
};

/** What a run that must not do anything leaves: no file, no key but the lock, no request. */
async function expectUntouched({ name, party, query, redis: { client }, lockKey }: Project): Promise<void> {
  expect(party.arrivals).toEqual([]);
  expect(query('SELECT name FROM sqlite_master')).toEqual([]);
  const keys = await client.keys(`*${name}*`);
  const slots = await client.keys(`*throttle*${party.port}*`);
  expect([...keys, ...slots]).toEqual([lockKey]);
}

test('of twenty runs at once one does the work; the others name it and exit 75', async () => {
  await using project = await aProject({ redis, records: customers(5) });
  const answered = Promise.withResolvers<void>();
  project.party.script({ until: answered.promise, body: project.records });

  const runs = Array.from({ length: 20 }, () => project.start(['run']));
  const refused: number[] = [];
  for (const { pid, finished } of runs) finished.then(() => refused.push(pid));
  await eventually(() => refused.length >= 19 && project.party.arrivals.length > 0);
  answered.resolve();

  const [worker] = runs.filter(({ pid }) => !refused.includes(pid));
  const ends = await Promise.all(runs.map(({ finished }) => finished));
  expect((await worker?.finished)?.exitCode).toBe(0);
  expect(ends.map(({ exitCode }) => exitCode).sort()).toEqual([0, ...Array(19).fill(75)]);
  for (const { stderr } of ends.filter(({ exitCode }) => exitCode === 75)) {
    expect(stderr).toContain(`(pid ${worker?.pid})`);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  }
  expect(project.party.arrivals).toHaveLength(1);
  await expectInStep(project);
});

test('a held lock leaves throttle, third party and target untouched, and is reported with its holder', async () => {
  await using project = await aProject({ redis, records: customers(5) });
  await redis.client.set(project.lockKey, JSON.stringify(somebody), 'PX', 60_000);

  const run = await project.sync(['run']);

  expect(run.exitCode).toBe(75);
  expect(run.stderr).toContain('run abcdef123456 on other-host (pid 4242), since 2026-01-01T00:00:00.000Z');
  expect(run.stderr).toContain('it expires in');
  expect(run.stdout).toBe('');
  await expectUntouched(project);
  expect(JSON.parse((await redis.client.get(project.lockKey)) ?? '')).toEqual(somebody);
});

test('a held lock is reported as JSON, with the exit code of --locked-exit-code', async () => {
  await using project = await aProject({ redis });
  await redis.client.set(project.lockKey, JSON.stringify(somebody), 'PX', 60_000);

  const run = await project.sync(['run', '--json', '--locked-exit-code', '0']);

  expect(run.exitCode).toBe(0);
  expect(run.json()).toMatchObject({ outcome: 'failed', errors: [{ exitCode: 75 }] });
  expect(run.json().errors[0]?.message).toContain('pid 4242');
  await expectUntouched(project);
});

test('a lock whose holder was killed is free when its time is over', async () => {
  await using project = await aProject({ redis, records: customers(5), ttl: '1500ms' });
  const killed = await project.sync(['run'], { env: { SYNC_CRASH_AT: 'lock-acquired' } });
  expect(killed.signal).toBe('SIGKILL');
  expect((await project.sync()).exitCode).toBe(75);

  await eventually(async () => (await redis.client.exists(project.lockKey)) === 0);

  expect((await project.sync()).exitCode).toBe(0);
  await expectInStep(project);
});

test('a lock that is renewed outlives its time as often as the run needs', async () => {
  await using project = await aProject({ redis, records: customers(5), ttl: '1500ms' });
  const answered = Promise.withResolvers<void>();
  project.party.script({ until: answered.promise, body: project.records });

  const run = project.start();
  await eventually(() => redis.client.exists(project.lockKey));
  const rises = await countRises(() => redis.client.pttl(project.lockKey), 4);
  answered.resolve();

  expect(rises).toBe(4);
  expect((await run.finished).exitCode).toBe(0);
});

/** How often a value that falls was pushed up again: waits for so many times. */
async function countRises(read: () => Promise<number>, wanted: number): Promise<number> {
  let before = Number.POSITIVE_INFINITY;
  let rises = 0;
  await eventually(async () => {
    const now = await read();
    if (now > before) rises += 1;
    before = now;
    return rises === wanted;
  });
  return rises;
}

test('a lock without a TTL is reported and left as it is', async () => {
  await using project = await aProject({ redis });
  await redis.client.set(project.lockKey, JSON.stringify(somebody));

  const run = await project.sync(['run']);

  expect(run.exitCode).toBe(75);
  expect(run.stderr).toContain('it never expires by itself');
  expect(run.stderr).toContain('sync unlock');
  await expectUntouched(project);
  await redis.client.del(project.lockKey);
});

test('a lock that holds something else is reported and left as it is', async () => {
  await using project = await aProject({ redis });
  await redis.client.rpush(project.lockKey, 'a', 'list');

  const run = await project.sync(['run']);

  expect(run.exitCode).toBe(75);
  expect(run.stderr).toContain('something that is not a run of cronsync');
  await expectUntouched(project);
  expect(await redis.client.lrange(project.lockKey, 0, -1)).toEqual(['a', 'list']);
  await redis.client.del(project.lockKey);
});

test('a lock that is too short to be renewed in time is a config error', async () => {
  await using project = await aProject({ redis, ttl: '1499ms' });

  const run = await project.sync(['run']);

  expect(run.exitCode).toBe(78);
  expect(run.stderr).toContain('lock.ttl');
  expect(project.party.arrivals).toEqual([]);
});

test('the published program has no crash points, and wants a lock of nine seconds', async () => {
  await using project = await aProject({ redis, records: customers(5), ttl: '8999ms' });
  const published = { bundle: 'published', env: { SYNC_CRASH_AT: 'lock-acquired' } } as const;

  const tooShort = await project.sync(['run'], published);
  expect(tooShort.exitCode).toBe(78);
  expect(tooShort.stderr).toContain('at least 9s');

  await project.reconfigure((config) => ({ ...config, lock: { ttl: '9s' } }));
  const run = await project.sync(['run', '--json'], published);
  expect(run.json()).toMatchObject({ outcome: 'done', hits: 1, counts: { created: 5 } });
  expect(run.stderr).toBe('');
  await expectInStep(project);
});

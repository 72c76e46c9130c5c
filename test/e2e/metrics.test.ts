import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listenTimings, withListeners } from '../helpers/listening.ts';
import { anOtlpSink } from '../helpers/otlp-sink.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers, eventually, type Project } from '../helpers/sync.ts';

const log = { on: ['*'], from: 'beginning', type: 'log' };

/** The metrics of a file, by name and labels. */
async function samplesIn(project: Project, file: string): Promise<ReadonlyMap<string, number>> {
  const text = await readFile(join(project.dir, file), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

test.each(['sqlite', 'postgres'] as const)(
  'run --metrics-file counts runs, hits and changes over the runs, from %s',
  async (target) => {
    await using project = await aProject({ redis, target, records: customers(3), config: withListeners({ log }) });
    const run = ['run', '--metrics-file', 'sync.prom'];
    const sync = `sync="${project.name}"`;
    expect((await project.sync(run)).exitCode).toBe(0);
    project.party.script({ status: 418 });
    expect((await project.sync(run)).exitCode).toBe(76);
    while ((await project.sync(run)).exitCode !== 0);

    const samples = await samplesIn(project, 'sync.prom');
    expect(samples.get(`cronsync_runs_total{${sync},outcome="done"}`)).toBe(2);
    expect(samples.get(`cronsync_runs_total{${sync},outcome="failed"}`)).toBeGreaterThan(0);
    expect(samples.get(`cronsync_live_rows{${sync},resource="customers"}`)).toBe(3);
    expect(samples.get(`cronsync_changes_total{${sync},resource="customers",type="created"}`)).toBe(3);
    expect(samples.get(`cronsync_group_lag{${sync},group="log"}`)).toBe(3);
    expect(await readdir(project.dir)).not.toContainEqual(expect.stringContaining('.tmp'));
  },
);

test('a run that gets nowhere still writes its metrics, one that finds the lock held does not, and a bad path is a warning', async () => {
  await using project = await aProject({ redis, records: customers(1) });
  await project.sync(['run']);
  await redis.client.set(project.lockKey, 'somebody');
  const run = ['run', '--metrics-file', 'sync.prom'];
  expect((await project.sync(run)).exitCode).toBe(75);
  expect(await readdir(project.dir)).not.toContain('sync.prom');
  await redis.client.del(project.lockKey);

  const bad = await project.sync(['run', '--metrics-file', 'nowhere/sync.prom']);
  expect(bad.exitCode).toBe(0);
  expect(bad.stderr).toMatch(/^warn the metrics could not be written: ENOENT.*\n$/);

  await project.reconfigure((config) => ({ ...config, redis: { url: 'redis://127.0.0.1:1' } }));
  expect((await project.sync(run)).exitCode).toBe(69);
  const samples = await samplesIn(project, 'sync.prom');
  expect(samples.get(`cronsync_store_up{sync="${project.name}",store="redis"}`)).toBe(0);
  expect(samples.get(`cronsync_live_rows{sync="${project.name}",resource="customers"}`)).toBe(1);
});

test('the daemon has the metrics of the sync beside its own', async () => {
  await using project = await aProject({
    ...{ redis, records: customers(2), timings: listenTimings },
    config: withListeners({ log }),
  });
  await project.sync(['run']);
  const daemon = project.start(['listen', '--http', '127.0.0.1:0']);
  await eventually(() => daemon.stderr().includes('listening for'));
  const [url = ''] = /http:\/\/\S+/.exec(daemon.stderr()) ?? [];
  await eventually(async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('cronsync_deliveries_total{listener="log",result="success"');
    expect(text).toContain(`cronsync_live_rows{sync="${project.name}",resource="customers"} 2`);
    expect(text).toContain(`cronsync_group_lag{sync="${project.name}",group="log"} 0`);
    expect(text).toContain(`cronsync_verdict{sync="${project.name}",verdict="in-step"} 1`);
    return true;
  });
  daemon.kill('SIGTERM');
  expect((await daemon.finished).exitCode).toBe(0);
});

test('a collector of OpenTelemetry gets the same metrics', async () => {
  await using sink = await anOtlpSink();
  await using project = await aProject({ redis, records: customers(2), ttl: '30s' });
  const run = await project.sync(['run'], { ownProcess: true, env: sink.env });
  expect([run.exitCode, run.stderr]).toEqual([0, '']);
  const metrics = sink.metrics();
  const changes = metrics.find(({ name }) => name === 'cronsync_changes_total');
  expect(changes?.sum).toMatchObject({ isMonotonic: true, aggregationTemporality: 2 });
  expect(changes?.sum?.dataPoints.map(({ asDouble, asInt }) => Number(asDouble ?? asInt))).toContain(2);
  expect(metrics.find(({ name }) => name === 'cronsync_verdict')?.gauge?.dataPoints.length).toBeGreaterThan(5);
});

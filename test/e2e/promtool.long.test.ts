import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listenTimings, withListeners } from '../helpers/listening.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers, eventually } from '../helpers/sync.ts';

/** What Prometheus itself says of metrics: an empty text if they are as they should be. */
function lint(metrics: string): string {
  const { status, stdout, stderr, error } = spawnSync('promtool', ['check', 'metrics'], {
    input: metrics,
    encoding: 'utf8',
  });
  if (error) throw new Error('promtool is missing: apt-get install prometheus', { cause: error });
  return status === 0 ? '' : stdout + stderr;
}

test('promtool finds nothing in the file of a run, nor in what the daemon serves', async () => {
  const log = { on: ['*'], from: 'beginning', type: 'log' };
  await using project = await aProject({
    ...{ redis, records: customers(2), timings: listenTimings },
    config: withListeners({ log }),
  });
  await project.sync(['run', '--metrics-file', 'sync.prom']);
  expect(lint(readFileSync(join(project.dir, 'sync.prom'), 'utf8'))).toBe('');

  const daemon = project.start(['listen', '--http', '127.0.0.1:0']);
  await eventually(() => daemon.stderr().includes('listening for'));
  const [url = ''] = /http:\/\/\S+/.exec(daemon.stderr()) ?? [];
  await eventually(async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('cronsync_deliveries_total{');
    expect(lint(text)).toBe('');
    return true;
  });
  daemon.kill('SIGTERM');
  expect((await daemon.finished).exitCode).toBe(0);
});

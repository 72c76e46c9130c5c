import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findFaketime } from '../../scripts/faketime.ts';
import { listenTimings, withListeners } from '../helpers/listening.ts';
import { aReceiver, webhookTo } from '../helpers/receiver.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers, eventually, type Project } from '../helpers/sync.ts';

async function setClock(project: Project, offset: string): Promise<void> {
  const file = join(project.dir, 'clock');
  await writeFile(`${file}.new`, offset);
  await rename(`${file}.new`, file);
}

/** Only the wall clock is moved: the monotonic one goes on, as on a real machine. */
const wallClock = (library: string, project: Project) => ({
  LD_PRELOAD: library,
  FAKETIME_TIMESTAMP_FILE: join(project.dir, 'clock'),
  FAKETIME_NO_CACHE: '1',
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
});

test.skipIf(process.platform !== 'linux')('a wall clock that steps back makes no event wait for longer', async () => {
  const library = await findFaketime();
  await using receiver = await aReceiver();
  const config = withListeners({ notify: webhookTo(receiver) });
  const timings = { ...listenTimings, retryFirstMs: 2000, retryCapMs: 2000, groupLeaseMs: 30_000 };
  await using project = await aProject({ redis, records: customers(2), timings, config });
  await project.sync();
  await setClock(project, '+0s');
  receiver.answer((_, nth) => (nth <= 2 ? 500 : 200));
  const daemon = project.start(['listen'], { env: wallClock(library, project) });
  await eventually(() => receiver.received.length === 2);
  await setClock(project, '-1h');
  await eventually(() => receiver.taken().length === 2, 20_000);
  daemon.kill('SIGTERM');
  expect((await daemon.finished).exitCode).toBe(0);
});

test.skipIf(process.platform !== 'linux')('nor does a daemon whose clock is behind that of Redis', async () => {
  const library = await findFaketime();
  await using receiver = await aReceiver();
  const config = withListeners({ notify: webhookTo(receiver) });
  const timings = { ...listenTimings, retryFirstMs: 1000, retryCapMs: 1000 };
  await using project = await aProject({ redis, records: customers(1), timings, config });
  await project.sync();
  receiver.answer(() => 500);
  const first = project.start(['listen']);
  await eventually(() => receiver.received.length === 1);
  first.kill('SIGTERM');
  await first.finished;
  receiver.answer(() => 200);
  await setClock(project, '-1h');
  const second = project.start(['listen'], { env: wallClock(library, project) });
  await eventually(() => receiver.taken().length === 1, 20_000);
  second.kill('SIGTERM');
  expect((await second.finished).exitCode).toBe(0);
});

import { execFile } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { bundles, inherited } from '../helpers/child.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers } from '../helpers/sync.ts';

test.skipIf(process.platform !== 'linux')('a dry run on a full temporary disk says so, with 69', async () => {
  const long = 'x'.repeat(2000);
  const records = customers(20_000).map((customer) => ({ ...customer, status: long }));
  await using project = await aProject({ redis, records });
  // No file of this process may have more than some megabytes: for SQLite that is a disk on which a write fails.
  const script = 'ulimit -f 8000; exec "$@"';
  const words = [process.execPath, bundles.test, 'run', '--dry-run', '--json'];
  const ended = await promisify(execFile)('sh', ['-c', script, 'sh', ...words], {
    cwd: project.dir,
    env: { ...inherited, SYNC_TIMINGS: JSON.stringify({ leaseMarginMs: 500 }) },
    maxBuffer: 1e8,
  }).catch((error: { code: number; stdout: string; stderr: string }) => error);
  expect(ended, ended.stdout + ended.stderr).toMatchObject({ code: 69 });
  const [error] = JSON.parse(ended.stdout).errors;
  expect(error.message).toContain('the plan cannot be kept in the temporary folder');
  expect(error.message).toContain('nothing was written');
  expect(error.hint).toContain('TMPDIR');
});

test.skipIf(process.platform !== 'linux')('--save on a full disk names the file, and not the adapter', async () => {
  await using project = await aProject({ redis, records: customers(3) });
  await symlink('/dev/full', join(project.dir, 'page.http'));
  const run = await project.sync(['run', '--json', '--save', 'page.http']);
  const [error] = run.json().errors;
  expect(error?.message).toContain(`the answer cannot be saved in ${join(project.dir, 'page.http')}`);
  expect(error?.message).toContain('ENOSPC');
  expect(error?.message).not.toContain('adapter');
  expect(run.exitCode).toBe(69);
  expect(project.rows()).toEqual([]);
});

test.skipIf(process.platform !== 'linux').each([['status'], ['events'], ['--help'], ['run', '--json']])(
  'what cannot be printed since the disk is full is not a success: cronsync %s',
  async (...words) => {
    await using project = await aProject({ redis, records: customers(3) });
    await project.sync();
    const script = 'exec "$@" > /dev/full';
    const ended = await promisify(execFile)('sh', ['-c', script, 'sh', process.execPath, bundles.test, ...words], {
      cwd: project.dir,
      env: { ...inherited, SYNC_TIMINGS: JSON.stringify({ leaseMarginMs: 500 }) },
    }).catch((error: { code: number; stderr: string }) => error);
    expect(ended, ended.stderr).toMatchObject({ code: 69 });
    expect(ended.stderr).toContain('cronsync: the output cannot be written: ENOSPC');
    expect(await redis.client.exists(project.lockKey)).toBe(0);
  },
);

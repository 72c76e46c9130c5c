import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { listenForPostgres } from './postgres-starter.ts';

const memory = '/dev/shm';
/** A run of all tests needs far less. */
const roomInMemory = 3 * 1024 ** 3;
const prefix = 'cronsync-tests-';

/**
 * Runs once for a whole run of the tests, whatever its projects. All temporary files of the run are in one folder, which is
 * removed at the end: in memory where that is large enough, since databases and projects are thousands of small files, which take
 * a disk twenty times as long. One Postgres starts when it is asked for and stops with the run.
 */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const place = (await isFit(memory)) ? memory : tmpdir();
  await removeLeftovers(place);
  const folder = await mkdtemp(join(place, `${prefix}${process.pid}-`));
  // Where root runs the tests, Postgres runs as another user.
  await chmod(folder, 0o755);
  process.env.TMPDIR = folder;
  const postgres = await listenForPostgres();
  provide('postgresStarter', postgres.path);
  return async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

/** Whether it has room, and lets programs run: some machines mount it with `noexec`, or with 64 MB. */
async function isFit(folder: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < roomInMemory) return false;
    const trial = await mkdtemp(join(folder, 'cronsync-trial-'));
    try {
      const program = join(trial, 'program');
      await writeFile(program, '#!/bin/sh\n', { mode: 0o755 });
      await promisify(execFile)(program);
      return true;
    } finally {
      await rm(trial, { recursive: true });
    }
  } catch {
    return false;
  }
}

/** A run that was killed could not remove its folder, which takes memory. */
async function removeLeftovers(place: string): Promise<void> {
  for (const name of await readdir(place)) {
    const pid = Number(name.startsWith(prefix) && name.slice(prefix.length).split('-')[0]);
    if (pid > 0 && !isAlive(pid)) await rm(join(place, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

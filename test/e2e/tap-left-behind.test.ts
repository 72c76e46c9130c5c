import { readFileSync } from 'node:fs';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig, eventually, type Project } from '../helpers/sync.ts';

/** A tap that writes its pid and a pid of its child, declares its stream, ignores SIGTERM, and waits for ever. */
const endlessTap = `
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
process.on('SIGTERM', () => {});
const child = spawn('sleep', ['600']);
console.log(JSON.stringify({ type: 'SCHEMA', stream: 'customers', schema: {}, key_properties: ['id'] }));
writeFileSync('started.json', JSON.stringify({ pids: [process.pid, child.pid], config: process.argv[3] }));
setInterval(() => {}, 1000);
`;

/** A tap that says what its environment is, as a customer. */
const environmentTap = `
for (const message of [
  { type: 'SCHEMA', stream: 'customers', schema: {}, key_properties: ['id'] },
  { type: 'RECORD', stream: 'customers', record: { id: '1', email: JSON.stringify(process.env) } },
]) console.log(JSON.stringify(message));
`;

async function aTappedProject(tap: string, parts: object = {}): Promise<Project> {
  const project = await aProject({
    redis,
    config: (config: BaseConfig) => {
      const throttle = { ...config.adapters.acme.throttle, key: config.name };
      const resources = { customers: { stream: 'customers' } };
      const command = [process.execPath, 'tap.mjs'];
      const adapter = { type: 'singer', throttle, command, config: { token: 'open-sesame' }, resources, ...parts };
      return { ...config, adapters: { acme: adapter } };
    },
  });
  await project.write('tap.mjs', tap);
  await mkdir(join(project.dir, 'tmp'));
  return project;
}

function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe.skipIf(process.platform !== 'linux')('a run that is killed with SIGKILL', () => {
  test('takes its tap with it, with its children, and leaves no config behind', async () => {
    await using project = await aTappedProject(endlessTap);
    const TMPDIR = join(project.dir, 'tmp');
    const run = project.start(['run', '--json'], { env: { TMPDIR } });
    let started = { pids: [0], config: '' };
    await eventually(() => {
      started = JSON.parse(readFileSync(join(project.dir, 'started.json'), 'utf8'));
      return started.pids.every(isAlive);
    });
    expect(await readdir(TMPDIR)).toHaveLength(1);
    expect(started.config.startsWith(TMPDIR)).toBe(true);

    run.kill('SIGKILL');
    await run.finished;

    await eventually(() => !started.pids.some(isAlive));
    await eventually(async () => (await readdir(TMPDIR)).length === 0);
  });
});

test('a run removes what runs before it could not, as after a power failure, and nothing younger', async () => {
  await using project = await aTappedProject(environmentTap);
  const TMPDIR = join(project.dir, 'tmp');
  const folders = ['cronsync-tap-2147483646-old', 'cronsync-tap-2147483646-new', `cronsync-tap-${process.pid}-old`];
  for (const name of folders) {
    await mkdir(join(TMPDIR, name), { mode: 0o700 });
    await writeFile(join(TMPDIR, name, 'config.json'), '{}');
    if (name.endsWith('old')) await utimes(join(TMPDIR, name), 1_700_000_000, 1_700_000_000);
  }
  const run = await project.sync(['run', '--json'], { env: { TMPDIR }, ownProcess: true });
  expect(run.json()).toMatchObject({ outcome: 'done', records: 1 });
  expect((await readdir(TMPDIR)).sort()).toEqual(folders.slice(1).sort());
});

test('a tap has of the environment what it needs, and what `env` names: no secret of the run', async () => {
  await using project = await aTappedProject(environmentTap, { env: { PARTY: '$' + '{THIRD_PARTY_SECRET}' } });
  const env = { THIRD_PARTY_SECRET: 'open-sesame-2', DATABASE_URL: 'postgres://secret', LC_ALL: 'C.UTF-8', TZ: 'UTC' };
  const run = await project.sync(['run', '--json'], { env, ownProcess: true });
  expect(run.json()).toMatchObject({ outcome: 'done', records: 1 });
  const [row] = await project.database.rows();
  const seen = JSON.parse(String(row?.email));
  expect(seen).toMatchObject({ PATH: process.env.PATH, HOME: process.env.HOME, LC_ALL: 'C.UTF-8', TZ: 'UTC' });
  expect(seen).toMatchObject({ PARTY: 'open-sesame-2' });
  expect(Object.keys(seen)).not.toContain('THIRD_PARTY_SECRET');
  expect(Object.keys(seen)).not.toContain('DATABASE_URL');
});

import { execFile } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { bundles } from '../helpers/child.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers, type Project } from '../helpers/sync.ts';

/** Gives a command a pseudo-terminal of its own, whose keyboard is our stdin. */
const onPseudoTerminal = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';

interface Typed {
  readonly exitCode: number;
  readonly shown: string;
}

/** Runs a command on a terminal, and types an answer as soon as it asks. */
function typing(answer: string, { dir }: Project, args: readonly string[]): Promise<Typed> {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, TERM: 'xterm', NO_COLOR: '1' };
  const argv = ['-c', onPseudoTerminal, process.execPath, bundles.test, ...args];
  return new Promise((resolve) => {
    const child = execFile('python3', argv, { cwd: dir, env }, (error, stdout) => {
      resolve({ exitCode: Number(error?.code ?? 0), shown: stripVTControlCharacters(stdout) });
    });
    let shown = '';
    child.stdout?.on('data', (text: string) => {
      if (!shown.includes('[y/N]') && (shown + text).includes('[y/N]')) child.stdin?.write(answer);
      shown += text;
    });
    child.on('exit', () => child.stdin?.end());
  });
}

const aHolder = { token: 'x', host: 'elsewhere', pid: 77, run: 'abc', startedAt: '2026-01-01T00:00:00.000Z' };

test('unlock asks, with who is fenced out; Ctrl-C and any answer but yes leave the lock alone', async () => {
  await using project = await aProject({ redis, records: customers(1), ttl: '30s' });
  await project.sync();
  await redis.client.set(project.lockKey, JSON.stringify(aHolder));
  const no = await typing('n\r', project, ['unlock']);
  expect(no).toMatchObject({ exitCode: 0, shown: expect.stringContaining('the lock stays') });
  expect(no.shown).toContain('Remove the lock, and fence out run abc (elsewhere, pid 77)?');
  const stopped = await typing('\x03', project, ['unlock']);
  expect([stopped.exitCode, await redis.client.exists(project.lockKey)]).toEqual([130, 1]);
  expect(stopped.shown).toMatch(/\[y\/N\] \r?\ncronsync: stopped by a signal/);
  const yes = await typing('y\r', project, ['unlock']);
  expect(yes.shown).toContain('the lock is gone, its holder fenced out');
  expect(await redis.client.exists(project.lockKey)).toBe(0);
});

test('run --full asks a person before it throws away what a pass has read, and is listed; cron is not asked', async () => {
  const pages = { records: customers(6), dialect: 'cursor', pageSize: 2 } as const;
  await using project = await aProject({ redis, ...pages, ttl: '30s' });
  await project.sync(['run', '--max-pages', '2']);
  const no = await typing('\r', project, ['run', '--full']);
  expect(no.shown).toContain('Start over? pass 1 of customers has read 2 pages, which are read again');
  expect(no.shown).toContain('nothing was done');
  expect(project.query('SELECT 1 FROM _sync_activity')).toEqual([]);
  const hits = project.party.arrivals.length;
  const yes = await typing('y\r', project, ['run', '--full']);
  expect(yes.shown).toContain(' done: ');
  expect(project.party.arrivals.length - hits).toBe(3);
  expect(project.query('SELECT what FROM _sync_activity')).toEqual([{ what: 'full' }]);
  await project.sync(['run', '--full', '--max-pages', '1']);
  expect((await project.sync(['run', '--full', '--json'])).json().outcome).toBe('done');
  expect(project.query('SELECT what FROM _sync_activity')).toHaveLength(1);
});

test('forget asks; any answer but yes is followed by a line which says that nothing was done', async () => {
  await using project = await aProject({ redis, records: customers(2), ttl: '30s' });
  await project.sync();
  const no = await typing('n\r', project, ['forget']);
  expect(no.exitCode).toBe(0);
  expect(no.shown).toMatch(/\nnothing was done\s*$/);
  expect(project.query('SELECT count(*) AS live FROM _sync_records')).toEqual([{ live: 2 }]);
});

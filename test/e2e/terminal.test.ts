import { execFile } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { widthOf } from '../../src/cli/output/width.ts';
import { bundles } from '../helpers/child.ts';
import { aRedis, type RedisServer } from '../helpers/redis.ts';
import { aCustomer, aProject, customers, type Project } from '../helpers/sync.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await aRedis();
});
afterAll(() => redis.stop());

/** Gives a command a pseudo-terminal of its own, and prints what arrives there. */
const onPseudoTerminal = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';

/** What a command writes to a terminal of so many columns. */
function onTerminal({ dir }: Project, columns: number, args: readonly string[]): Promise<string> {
  const command = `stty cols ${columns} && exec "$0" "$@"`;
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, TERM: 'xterm-256color' };
  const argv = ['-c', onPseudoTerminal, 'sh', '-c', command, process.execPath, bundles.test, ...args];
  return new Promise((resolve, reject) => {
    const child = execFile('python3', argv, { cwd: dir, env }, (error, stdout) => {
      if (error) reject(new Error(`exit code ${error.code}: ${stdout}`));
      else resolve(stdout);
    });
    child.stdin?.end();
  });
}

/** Each line as it stood on the terminal, those that were overwritten as well, without colours. */
function linesOf(written: string): string[] {
  return written.split(/\r\x1b\[2K|\r?\n/).map(stripVTControlCharacters);
}

test('on a narrow terminal the progress stays on its one line, also while it waits, and is gone at the end', async () => {
  const pages = { records: customers(4), dialect: 'link', pageSize: 2 } as const;
  await using project = await aProject({ redis, ...pages, throttle: { hits: 1, per: '2s' }, ttl: '30s' });
  const columns = 40;
  const written = await onTerminal(project, columns, ['run', '--wait', '10s']);

  const lines = linesOf(written).filter((line) => /^[▸◷]/.test(line));
  expect(lines).toContainEqual(expect.stringMatching(/^◷ next slot in \S+ {2}1 page {2}.*…$/));
  expect(Math.max(...lines.map(widthOf))).toBeLessThan(columns);
  expect(written).toMatch(/\x1b\[2K[^▸◷]*done[^▸◷]*$/);
});

test('a plan fits the terminal, and shows in colour what differs in long values', async () => {
  const labels = (last: string) =>
    ['gold', 'silver', 'bronze', 'newsletter', '東京都千代田区', last].map((name) => ({ name }));
  await using project = await aProject({ redis, records: [aCustomer(1, { labels: labels('first') })], ttl: '30s' });
  await project.sync();
  project.serve([aCustomer(1, { labels: labels('second'), status: 'active '.repeat(40) })]);
  const written = await onTerminal(project, 80, ['run', '--dry-run']);

  expect(written).toContain('\x1b[32msecond\x1b[39m');
  const lines = linesOf(written);
  expect(lines).toEqual(expect.arrayContaining(['        - [5]: "first"', '        + [5]: "second"']));
  expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(80);
});

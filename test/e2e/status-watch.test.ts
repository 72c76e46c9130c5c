import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { widthOf } from '../../src/cli/output/width.ts';
import { onPseudoTerminal } from '../helpers/pseudo-terminal.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers, eventually } from '../helpers/sync.ts';

const enter = '\x1b[?1049h\x1b[?25l';
const leave = '\x1b[?25h\x1b[?1049l';
const home = '\x1b[H';

test('--watch redraws the screen in place and in its size, and gives the terminal back after "q"', async () => {
  await using project = await aProject({ redis, records: customers(3), ttl: '30s' });
  await project.sync();
  const { written, exitCode } = await onPseudoTerminal(
    project.dir,
    ['status', '--watch'],
    [{ until: 'IN STEP', resize: [50, 6] }, { until: home }, { until: home, send: 'q' }],
  );
  expect(exitCode).toBe(0);
  expect(written.startsWith(enter)).toBe(true);
  expect(written.endsWith(leave)).toBe(true);
  const screens = written.slice(enter.length, -leave.length).split(home).slice(1);
  const [first = '', ...later] = screens.map((screen) => stripVTControlCharacters(screen).trimEnd().split(/\r?\n/));
  expect(first[0]).toMatch(/IN STEP {3,}acme → /);
  const last = later.at(-1) ?? [];
  expect(last.length).toBeLessThan(6);
  expect(Math.max(...last.map(widthOf))).toBeLessThanOrEqual(50);
});

test('--watch gives the terminal back after Ctrl-C, which is its exit code', async () => {
  await using project = await aProject({ redis, records: customers(3), ttl: '30s' });
  const steps = [{ until: 'NEVER RAN', send: '\x03' }];
  const { written, exitCode } = await onPseudoTerminal(project.dir, ['status', '--watch'], steps);
  expect(exitCode).toBe(130);
  expect(written.endsWith(leave)).toBe(true);
});

test('--watch prints a line of JSON for each change where stdout is not a terminal', async () => {
  await using project = await aProject({ redis, records: customers(3), ttl: '30s' });
  const watching = project.start(['status', '--watch']);
  const lines = () => watching.stdout().split('\n').filter(Boolean);
  await eventually(() => lines().length === 1);
  await project.sync();
  await eventually(() => lines().some((line) => JSON.parse(line).verdict.is === 'in-step'));
  watching.kill('SIGTERM');
  expect((await watching.finished).exitCode).toBe(143);
  const verdicts = lines().map((line) => JSON.parse(line).verdict.is);
  expect(verdicts[0]).toBe('never-ran');
  expect(verdicts.at(-1)).toBe('in-step');
});

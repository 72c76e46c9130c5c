import { expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers } from '../helpers/sync.ts';

/** Sets the window's title, clears the screen, rings, moves back, and clears again with the one-byte form of ESC [. */
const hostile = '\x1b]0;owned\x07\x1b[2J\x07\b\r\x9b2J\x7f';
const raw = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;

const shell = `printf '%b' '\\033]0;owned\\007\\033[2J refused\\n' >&2; exit 65`;

test('what others say cannot control the terminal, and --json has it exactly', async () => {
  await using project = await aProject({
    redis,
    records: customers(1),
    config: (config) => ({
      ...config,
      listeners: { audit: { on: ['*'], from: 'beginning', type: 'exec', command: ['sh', '-c', shell] } },
    }),
  });
  await project.sync(['run']);
  const listen = await project.sync(['listen', '--drain', '--log-level', 'debug']);
  project.party.script({ status: 500, body: `sorry ${hostile}` });
  const run = await project.sync(['run', '--log-level', 'debug']);
  const printed = [listen, run];
  for (const args of [['status'], ['dead', 'list'], ['dead', 'show', 'audit'], ['events'], ['run'], ['run', hostile]])
    printed.push(await project.sync(args));
  for (const { stdout, stderr } of printed) {
    expect(stdout).not.toMatch(raw);
    expect(stderr).not.toMatch(raw);
  }
  expect(printed.map(({ stdout, stderr }) => stdout + stderr).join('')).toContain('\\u001b]0;owned\\u0007');

  const { deadLetters } = (await project.sync(['dead', 'list', '--json'])).json<{
    deadLetters: readonly { lastError: string }[];
  }>();
  expect(deadLetters[0]?.lastError).toContain('\x1b]0;owned\x07');
});

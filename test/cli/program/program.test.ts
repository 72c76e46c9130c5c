import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../../src/cli/program/program.ts';
import { UsageError } from '../../../src/errors.ts';

describe('the command line', () => {
  test.each([[['run', '--held-exit-code', '0']], [['--held-exit-code=0']], [['run', '--held-exit-code']]])(
    'refuses %j and names the flag of today',
    async (argv) => {
      const refused = await parseCommandLine(argv, process).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(UsageError);
      expect(refused).toMatchObject({
        message: '--held-exit-code is called --locked-exit-code now; nothing was done',
        hint: 'Write --locked-exit-code instead.',
      });
    },
  );

  test.each([
    [['run', '--dryrun'], "unknown option '--dryrun'", 'Did you mean --dry-run? "cronsync run --help"'],
    [
      ['--max-pages', '0'],
      "option '--max-pages <n>' argument '0' is invalid",
      'Write a whole number, 1 or more. "cronsync run --help"',
    ],
    [['dead', 'show'], "missing required argument 'id'", '"cronsync dead show --help"'],
    [['check', 'it'], "too many arguments for 'check'", 'Expected 0 arguments but got 1: it. "cronsync check --help"'],
  ])('refuses %j with what to do', async (argv, what, hint) => {
    const refused = await parseCommandLine(argv, process).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UsageError);
    expect(refused).toMatchObject({
      message: `${what}; nothing was done`,
      hint: `${hint} lists what this command takes.`,
    });
  });

  test.each([
    [['--help'], 'Usage: cronsync [options]'],
    [['help'], 'Usage: cronsync [options]'],
    [['help', 'dead', 'list'], 'Usage: cronsync dead list [options]'],
  ])('%j prints help that fits 80 columns', async (argv, begins) => {
    const stdout = new PassThrough({ encoding: 'utf8' });
    expect(await parseCommandLine(argv, { stdin: process.stdin, stdout, stderr: process.stderr })).toBe(0);
    const help: string = stdout.read();
    expect(help).toContain(begins);
    expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test.each([[['-f', '/data']], [['--data']], [['/var/lib']]])(
    'refuses %j, which coreutils would take',
    async (argv) => {
      await expect(parseCommandLine(argv, process)).rejects.toThrow('looks like the sync of coreutils');
    },
  );
});

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

  test.each([[['-f', '/data']], [['--data']], [['/var/lib']]])(
    'refuses %j, which coreutils would take',
    async (argv) => {
      await expect(parseCommandLine(argv, process)).rejects.toThrow('looks like the sync of coreutils');
    },
  );
});

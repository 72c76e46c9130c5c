import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ConfigError,
  ExitCode,
  FencedError,
  LockHeldError,
  MovedError,
  messageOf,
  ProtocolError,
  ThirdPartyError,
  ThrottledError,
  UnreachableError,
  worstExitCode,
} from '../src/errors.ts';

const inOrder = [130, 143, 70, 78, 77, 76, 75, 69, 65, 64, 3, 4, 2, 0] as const;

describe('the exit code of several', () => {
  test('is 0 when nothing went wrong', () => {
    expect(worstExitCode([])).toBe(0);
  });

  test('is the first of the order, however often and in whatever order they were met', () => {
    const some = fc.array(fc.constantFrom(...inOrder), { minLength: 1 });
    fc.assert(
      fc.property(some, (codes) => {
        expect(worstExitCode(codes)).toBe(inOrder.find((code) => codes.includes(code)));
      }),
    );
  });

  test('knows every code that there is', () => {
    expect([...inOrder].sort()).toEqual(Object.values(ExitCode).sort());
  });
});

describe('an error', () => {
  test('has its own name, its hint and its cause', () => {
    const cause = new Error('ENOENT');
    const error = new ConfigError('the config is missing', { hint: 'run "cronsync init"', cause });
    expect(error).toMatchObject({ name: 'ConfigError', exitCode: 78, hint: 'run "cronsync init"', cause });
  });

  test('has no cause where none was given', () => {
    expect('cause' in new FencedError('fenced')).toBe(false);
    expect(new FencedError('fenced').hint).toBeUndefined();
  });

  test.each([
    [new LockHeldError('held'), 75],
    [new FencedError('fenced'), 75],
    [new ProtocolError('no page'), 76],
    [new MovedError('https://a.example/x', 'https://a.example/y'), 76],
    [new ThirdPartyError('down', { backsOff: 'key' }), 69],
    [new UnreachableError('away'), 69],
  ])('%o ends a run with %i', (error, exitCode) => {
    expect(error.exitCode).toBe(exitCode);
  });

  test('of the throttle repeats the exit code and the words of what started the back-off', () => {
    const cause = { exitCode: ExitCode.credentials, message: 'the third party refused the token' };
    expect(new ThrottledError(600_000, cause)).toMatchObject({ exitCode: 77, message: cause.message, waitMs: 600_000 });
    expect(new ThrottledError(1000).exitCode).toBe(0);
  });

  test('of whatever kind has a message', () => {
    expect([new TypeError('no'), 'text', 7, null, undefined].map(messageOf)).toEqual([
      'no',
      'text',
      '7',
      'null',
      'undefined',
    ]);
  });
});

import { setImmediate as nextTurn } from 'node:timers/promises';
import { ExitCode, StopError, UncaughtError } from '../errors.ts';
import type { Caller } from './caller.ts';
import { runCommandLine } from './command-line.ts';
import { keepHeapSmall } from './heap.ts';
import { reportError } from './output/report-error.ts';
import { logFormatIn } from './program/arguments.ts';
import { openTerminal } from './terminal.ts';

/**
 * The process around a command line.
 *
 * 1. SIGINT, SIGTERM and an error that nothing catches fire the one AbortSignal; a second one ends the process at once.
 * 2. The command line runs.
 * 3. Output is flushed; the process exits, whatever is still open. A result that could not be printed is not a success.
 */
/** How long a command may take to release what it holds after an error that nothing caught. */
const uncaughtGraceMs = 10_000;

async function main(): Promise<void> {
  const stop = new AbortController();
  let isStopping = false;
  const stopWith = (code: ExitCode) => () => {
    if (isStopping) process.exit(code);
    isStopping = true;
    stop.abort(new StopError(code));
  };
  const { stdout, stderr } = process;
  process.on('SIGINT', stopWith(ExitCode.sigint));
  process.on('SIGTERM', stopWith(ExitCode.sigterm));
  process.on('uncaughtException', (error) => {
    if (stop.signal.reason instanceof UncaughtError) process.exit(ExitCode.bug);
    setTimeout(() => process.exit(ExitCode.bug), uncaughtGraceMs).unref();
    stop.abort(new UncaughtError(error));
  });
  // Nobody reads our output any more. The lock must still be released.
  let lost: NodeJS.ErrnoException | undefined;
  stdout.on('error', (error) => {
    lost ??= error;
    stop.abort(new StopError(ExitCode.ok));
  });
  stderr.on('error', () => stop.abort(new StopError(ExitCode.ok)));

  const argv = process.argv.slice(2);
  const caller: Caller = {
    cwd: process.cwd(),
    env: process.env,
    script: process.argv[1] ?? '',
    terminal: {
      // Node opens stdin when it is first read: a run that nothing is piped into never does.
      get stdin() {
        return process.stdin;
      },
      stdout,
      stderr,
    },
    signal: stop.signal,
    keepHeapSmall,
  };
  const code = await runCommandLine(argv, caller);
  await flushed(stdout);
  // Where stdout is a file, a write that failed is reported only now.
  await nextTurn();
  const printed = lost ? await reportLost(lost, argv, caller) : ExitCode.ok;
  await flushed(stderr);
  process.exit(code === ExitCode.ok ? printed : code);
}

/** A reader that has gone away, such as `head`, has what it wants. All else that ends the output has lost a part of it. */
async function reportLost(
  { code, message }: NodeJS.ErrnoException,
  argv: readonly string[],
  caller: Caller,
): Promise<ExitCode> {
  if (code === 'EPIPE') return ExitCode.ok;
  const exitCode = ExitCode.unreachable;
  reportError(
    {
      exitCode,
      message: `the output cannot be written: ${message}; what the command did stays done`,
      hint: 'Make room where the output goes, then run the command again.',
    },
    await openTerminal(logFormatIn(argv), caller),
  );
  return exitCode;
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableLength === 0 || stream.destroyed) resolve();
    else stream.write('', () => resolve());
  });
}

void main();

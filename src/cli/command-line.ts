import { ExitCode, StopError, SyncError, UncaughtError } from '../errors.ts';
import { errorSummary } from '../run/summary.ts';
import type { Caller } from './caller.ts';
import { reportError, reportFailure } from './output/report-error.ts';
import { logFormatIn } from './program/arguments.ts';
import { parseCommandLine } from './program/program.ts';
import { openTerminal, type Terminal } from './terminal.ts';

/**
 * Runs a command line to its end, and resolves to the exit code. It never exits the process and listens to no signal.
 *
 * 1. The command line names a command; its module is loaded and run.
 * 2. What the command throws is reported, and so is an error that nothing catches.
 */
export async function runCommandLine(argv: readonly string[], caller: Caller): Promise<number> {
  const { signal } = caller;
  const stopCode = () => (signal.reason instanceof StopError && signal.reason.exitCode) || undefined;
  let terminal = await openTerminal(logFormatIn(argv), caller);
  let isDaemon = false;
  const ended = (code: number) => {
    const isUncaught = signal.reason instanceof UncaughtError;
    return isDaemon && !isUncaught ? code : (stopCode() ?? code);
  };
  signal.addEventListener('abort', () => reportUncaught(signal.reason, terminal));
  try {
    const command = await parseCommandLine(argv, caller.terminal);
    if (typeof command === 'number') return ended(command);
    isDaemon = command.isDaemon === true;
    terminal = await openTerminal(command.options, caller);
    return ended(await command.run(terminal, signal));
  } catch (error) {
    if (signal.aborted && (error instanceof StopError || !(error instanceof SyncError))) return ended(ExitCode.ok);
    return ended(reportFailure(error, terminal));
  }
}

/** Reports at once what nothing caught: the command may be unable to end by itself. */
function reportUncaught(reason: unknown, terminal: Terminal): void {
  if (reason instanceof UncaughtError) reportError(errorSummary(reason), terminal);
}

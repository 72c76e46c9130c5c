import { ExitCode, StopError, SyncError } from '../errors.ts';
import type { Caller } from './caller.ts';
import { reportFailure } from './output/report-error.ts';
import { parseCommandLine } from './program/program.ts';
import { openTerminal } from './terminal.ts';

/**
 * Runs a command line to its end, and resolves to the exit code. It never exits the process and listens to no signal.
 *
 * 1. The command line names a command; its module is loaded and run.
 * 2. What the command throws is reported.
 */
export async function runCommandLine(argv: readonly string[], caller: Caller): Promise<number> {
  const { signal } = caller;
  const stopCode = () => (signal.reason instanceof StopError && signal.reason.exitCode) || undefined;
  let terminal = await openTerminal({}, caller);
  let isDaemon = false;
  const ended = (code: number) => (isDaemon ? code : (stopCode() ?? code));
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

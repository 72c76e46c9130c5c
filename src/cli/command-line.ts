import type { Readable, Writable } from 'node:stream';
import { ExitCode, StopError, SyncError } from '../errors.ts';
import { reportFailure } from './output/report-error.ts';
import { parseCommandLine } from './program/program.ts';
import { openTerminal } from './terminal.ts';

/** Who calls a command line. Commands ask it for what is of the process, so that tests can call them in their own. */
export interface Caller {
  /** The folder that relative paths on the command line start from. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** The file that was started: hints show the command as it is typed here. */
  readonly script?: string;
  readonly terminal: Streams;
  /** Fires when the command is to stop: with a `StopError`, whose exit code is the command's, if it is not 0. */
  readonly signal: AbortSignal;
  /** Called when the work begins, after the lock was taken. */
  readonly keepHeapSmall?: () => void;
}

/** The three streams of a process. */
export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

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

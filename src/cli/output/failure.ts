import { ExitCode, SyncError } from '../../errors.ts';
import { type ErrorSummary, errorSummary } from '../../run/summary.ts';
import type { Console } from '../terminal.ts';

/** Reports an error that ended the command before it had a result. Returns the exit code. */
export function reportFailure(error: unknown, console: Console): ExitCode {
  const summary = errorSummary(error);
  if (console.isJson) {
    console.print(JSON.stringify({ outcome: 'failed', exitCode: summary.exitCode, errors: [summary] }));
  } else {
    reportError(summary, console);
  }
  if (error instanceof SyncError && error.cause !== undefined) console.log.debug(`caused by ${String(error.cause)}`);
  return summary.exitCode;
}

/** Prints an error for people: what happened and what is guaranteed, then what to do. A lock that is held is not an alarm. */
export function reportError({ exitCode, message, hint }: ErrorSummary, { tell, err }: Console): void {
  const paint = exitCode === ExitCode.locked ? err.yellow : err.red;
  tell(`${paint('cronsync:')} ${message}`);
  if (hint) tell(`${err.dim('hint:')} ${hint}`);
}

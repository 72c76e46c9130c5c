import { ExitCode, SyncError } from '../../errors.ts';
import { type ErrorSummary, errorSummary } from '../../run/summary.ts';
import type { Console } from '../terminal.ts';

/** Tells an error that ended the command before it had a result, and gives its exit code. */
export function tellFailure(error: unknown, console: Console): ExitCode {
  const summary = errorSummary(error);
  if (console.isJson) {
    console.print(JSON.stringify({ outcome: 'failed', exitCode: summary.exitCode, errors: [summary] }));
  } else {
    tellError(summary, console);
  }
  if (error instanceof SyncError && error.cause !== undefined) console.log.debug(`caused by ${String(error.cause)}`);
  return summary.exitCode;
}

/** An error for people: what happened and what is guaranteed, then what to do. A held lock is no fault of anybody's. */
export function tellError({ exitCode, message, hint }: ErrorSummary, { tell, err }: Console): void {
  const paint = exitCode === ExitCode.locked ? err.yellow : err.red;
  tell(`${paint('sync:')} ${message}`);
  if (hint) tell(`${err.dim('hint:')} ${hint}`);
}

import { ExitCode, SyncError } from '../../errors.ts';
import { type ErrorSummary, errorSummary } from '../../run/summary.ts';
import type { Terminal } from '../terminal.ts';

/** Reports an error that ended the command before it had a result, and returns its exit code. */
export function reportFailure(error: unknown, terminal: Terminal): ExitCode {
  const summary = errorSummary(error);
  if (terminal.isJson) {
    terminal.print(JSON.stringify({ outcome: 'failed', exitCode: summary.exitCode, errors: [summary] }));
  } else {
    reportError(summary, terminal);
  }
  if (error instanceof SyncError && error.cause !== undefined) terminal.log.debug(`caused by ${String(error.cause)}`);
  return summary.exitCode;
}

/** Reports an error to people: what happened and what is guaranteed, then what to do. A held lock is not a failure, so it is yellow. */
export function reportError({ exitCode, message, hint, resource }: ErrorSummary, { report, err }: Terminal): void {
  const isHarmless = exitCode === ExitCode.locked;
  const paint = isHarmless ? err.yellow : err.red;
  const advice = hint ? `\n${err.dim('hint:')} ${hint}` : '';
  report(`${paint('cronsync:')} ${message}${advice}`, {
    level: isHarmless ? 'warn' : 'error',
    message,
    exitCode,
    ...(hint && { hint }),
    ...(resource !== undefined && { resource }),
  });
}

const untold = new WeakSet<Terminal>();

/** Reports, in one line and once, why nothing is sent to a collector. */
export function reportTelemetry(error: unknown, terminal: Terminal): void {
  if (untold.has(terminal)) return;
  untold.add(terminal);
  const { message, hint } = errorSummary(error);
  terminal.log.warn(hint === null ? message : `${message}. ${hint}`);
}

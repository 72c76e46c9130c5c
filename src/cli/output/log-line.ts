import type { LogContext, LogLevel } from '../../log.ts';
import { printable } from './printable.ts';

export type LogFormat = 'text' | 'json';

/** One line of the log. Whatever else is known of it is a field of its own. */
export interface LogEntry extends LogContext {
  readonly level: LogLevel;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** Who writes a line: the process, and the sync and the run that it works for, once they are known. */
export interface LogOrigin {
  readonly pid: number;
  readonly hostname: string;
  readonly sync?: string;
  readonly run?: string;
}

/** The numbers that pino has for the levels (`logger.levels` in its API). */
const numbers: Readonly<Record<LogLevel, number>> = { debug: 20, info: 30, warn: 40, error: 50 };

/**
 * A line of the log as JSON, with the names that pino gives its fields. `time` is in milliseconds since the epoch. Control
 * characters that JSON leaves alone are escaped too: somebody may read the line on a terminal.
 */
export function logLine({ level, message, ...fields }: LogEntry, origin: LogOrigin, time: number): string {
  return printable(JSON.stringify({ level: numbers[level], time, ...origin, ...fields, msg: message }));
}

/** JSON inside Kubernetes, whose collectors read it, unless a person looks on. */
export function logFormatOf(
  asked: LogFormat | undefined,
  env: NodeJS.ProcessEnv,
  stderr: { readonly isTTY?: boolean },
): LogFormat {
  if (asked !== undefined) return asked;
  return env.KUBERNETES_SERVICE_HOST !== undefined && stderr.isTTY !== true ? 'json' : 'text';
}

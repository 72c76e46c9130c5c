export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What a line of the log is about, where that is known: in a JSON log, each is a field of its own. */
export interface LogContext {
  readonly resource?: string;
  readonly listener?: string;
  /** The id of an event. */
  readonly event?: string;
}

/** Where the code says what goes on. The edge decides where it ends up; secrets are redacted there. */
export type Log = Readonly<Record<LogLevel, (message: string, about?: LogContext) => void>>;

/** A log that says nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** The same log, all of whose lines are about this. */
export function logAbout({ debug, info, warn, error }: Log, context: LogContext): Log {
  const at = (write: Log['info']) => (message: string, about?: LogContext) => write(message, { ...context, ...about });
  return { debug: at(debug), info: at(info), warn: at(warn), error: at(error) };
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Where the code says what goes on. The edge decides where it ends up; secrets are redacted there. */
export type Log = Readonly<Record<LogLevel, (message: string) => void>>;

/** A log that says nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

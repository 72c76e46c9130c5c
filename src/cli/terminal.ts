import { hostname } from 'node:os';
import type { ChalkInstance } from 'chalk';
import type { Log, LogContext, LogLevel } from '../log.ts';
import type { Caller } from './caller.ts';
import { type LogEntry, type LogFormat, type LogOrigin, logFormatOf, logLine } from './output/log-line.ts';
import { forPeople } from './output/printable.ts';
import type { GlobalOptions } from './program/flags.ts';
import { asTyped, shellCommand } from './shell-command.ts';

/** The colours that are used: chalk's, or none. */
export type Paint = Record<'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold', (text: string) => string>;

/**
 * Where a command prints: results on stdout, everything else on stderr, no secret on either, and nothing that controls the
 * terminal. With `--json` the result is exact.
 */
export interface Terminal {
  /** Writes a line of the result. */
  print(line: string): void;
  /**
   * Writes a text for people to stderr, whatever the log level. Commands that it quotes are shown as they are typed here. A log
   * in JSON gets one line: `entry`, or else the text.
   */
  report(text: string, entry?: LogEntry): void;
  /** Overwrites the progress line; an empty text removes it. Does nothing if the terminal is not interactive. */
  show(line: string): void;
  readonly log: Log;
  /** Colours for stdout, and for stderr. */
  readonly out: Paint;
  readonly err: Paint;
  readonly isQuiet: boolean;
  readonly isJson: boolean;
  /** What is on stderr: text for people, or a line of JSON for each entry of the log. */
  readonly logFormat: LogFormat;
  /** How wide stdout is; undefined where it is not a terminal. */
  readonly columns: number | undefined;
  /** How many lines stdout has; undefined where it is not a terminal. */
  readonly rows: number | undefined;
  /** Whether a progress line can be shown. */
  readonly isInteractive: boolean;
  /** How this program is started in a shell: `cronsync`, or `npx cronsync` where it is a package of the folder. */
  readonly command: string;
  readonly caller: Caller;
  /** From now on every output goes through this mask. */
  redact(mask: (text: string) => string): void;
  /** Masks secrets in a text that leaves the process by another way. */
  readonly mask: (text: string) => string;
  /** From now on every line of a JSON log says which sync and run it is of. */
  identify(origin: Pick<LogOrigin, 'sync' | 'run'>): void;
}

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export async function openTerminal(options: GlobalOptions, caller: Caller): Promise<Terminal> {
  const { cwd, env, script = '' } = caller;
  const { stdout, stderr } = caller.terminal;
  const [out, err] = await paints(options, caller);
  const logFormat = logFormatOf(options.logFormat, env, stderr);
  const isForPeople = !options.quiet && !options.json && logFormat === 'text';
  const isInteractive = stderr.isTTY === true && isForPeople && !env.CI && env.TERM !== 'dumb';
  const fitLine = isInteractive ? (await import('./output/width.ts')).fitted : undefined;
  const isJson = options.json === true;
  const lowest = levels.indexOf(options.logLevel ?? (options.quiet ? 'error' : 'warn'));
  const command = shellCommand(script, cwd);
  let mask = (text: string) => text;
  let known: Pick<LogOrigin, 'sync' | 'run'> = {};
  let shown = false;

  const clear = () => {
    if (shown) stderr.write('\r\x1b[2K');
    shown = false;
  };
  const report = (text: string, entry: LogEntry = { level: 'info', message: text.replace(/^cronsync: /, '') }) => {
    clear();
    const line =
      logFormat === 'json' ? logLine(entry, { pid: process.pid, hostname: hostname(), ...known }, Date.now()) : text;
    const written = mask(asTyped(line, command));
    stderr.write(`${logFormat === 'json' ? written : forPeople(written, { hasColours: isColoured(err) })}\n`);
  };
  const logAt = (level: LogLevel, paint: (text: string) => string) => (message: string, about?: LogContext) => {
    if (levels.indexOf(level) >= lowest) report(`${paint(level)} ${message}`, { ...about, level, message });
  };
  return {
    print(line) {
      clear();
      stdout.write(`${isJson ? mask(line) : forPeople(mask(line), { hasColours: isColoured(out) })}\n`);
    },
    report,
    show(line) {
      if (!fitLine) return;
      clear();
      if (line === '') return;
      // The last column stays free: a terminal may break the line behind it.
      stderr.write(fitLine(forPeople(mask(line), { hasColours: isColoured(err) }), (stderr.columns || 80) - 1));
      shown = true;
    },
    log: {
      debug: logAt('debug', err.dim),
      info: logAt('info', err.cyan),
      warn: logAt('warn', err.yellow),
      error: logAt('error', err.red),
    },
    out,
    err,
    isQuiet: options.quiet === true,
    isJson,
    logFormat,
    get columns() {
      return stdout.isTTY ? stdout.columns || 80 : undefined;
    },
    get rows() {
      return stdout.isTTY ? stdout.rows || 24 : undefined;
    },
    isInteractive,
    command,
    caller,
    mask: (text) => mask(text),
    redact(next) {
      mask = next;
    },
    identify(more) {
      known = { ...known, ...more };
    },
  };
}

/** Chalk writes no colour where the stream cannot show one. */
export function isColoured(paint: Paint): boolean {
  return paint.bold(' ') !== ' ';
}

const plainly = (text: string) => text;
/** No colours. */
export const plain: Paint = {
  red: plainly,
  green: plainly,
  yellow: plainly,
  cyan: plainly,
  dim: plainly,
  bold: plainly,
};

/** For stdout and for stderr. Chalk is loaded only if there may be colours: cron's runs have none. */
async function paints(
  { color }: GlobalOptions,
  { env, terminal: { stdout, stderr } }: Caller,
): Promise<readonly [Paint, Paint]> {
  const isOff = color === false || (env.NO_COLOR !== undefined && env.NO_COLOR !== '');
  const mayBe = env.FORCE_COLOR !== undefined || stdout.isTTY || stderr.isTTY;
  if (isOff || !mayBe) return [plain, plain];
  const { Chalk, supportsColor, supportsColorStderr } = await import('chalk');
  const paint = (support: typeof supportsColor): ChalkInstance => new Chalk({ level: support ? support.level : 0 });
  return [paint(supportsColor), paint(supportsColorStderr)];
}

import type { ChalkInstance } from 'chalk';
import type { Log, LogLevel } from '../log.ts';
import type { GlobalOptions } from './program/flags.ts';

/** The colours that are used: chalk's, or none. */
export type Paint = Record<'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold', (text: string) => string>;

/** Where a command speaks: results on stdout, all else on stderr, and no secret on either. */
export interface Console {
  /** Writes a line of the result. */
  print(line: string): void;
  /** Writes a line for people, whatever the log level: errors and warnings. */
  tell(line: string): void;
  /** Overwrites the line in progress on a terminal; empty: removes it. Does nothing elsewhere. */
  show(line: string): void;
  readonly log: Log;
  /** Colours for stdout, and for stderr. */
  readonly out: Paint;
  readonly err: Paint;
  readonly isQuiet: boolean;
  readonly isJson: boolean;
  /** How wide stdout is; undefined where it is not a terminal. */
  readonly columns: number | undefined;
  /** Whether a progress line can be shown. */
  readonly isLive: boolean;
  /** From now on these values are masked. */
  redact(mask: (text: string) => string): void;
}

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export async function openConsole(options: GlobalOptions, env: NodeJS.ProcessEnv): Promise<Console> {
  const [out, err] = await paints(options, env);
  const isLive = process.stderr.isTTY === true && !options.quiet && !options.json && !env.CI && env.TERM !== 'dumb';
  const fitLine = isLive ? (await import('./output/width.ts')).fitted : undefined;
  const lowest = levels.indexOf(options.logLevel ?? (options.quiet ? 'error' : 'warn'));
  let mask = (text: string) => text;
  let shown = false;

  const clear = () => {
    if (shown) process.stderr.write('\r\x1b[2K');
    shown = false;
  };
  const tell = (line: string) => {
    clear();
    process.stderr.write(`${mask(line)}\n`);
  };
  const logAt = (level: LogLevel, paint: (text: string) => string) => (message: string) => {
    if (levels.indexOf(level) >= lowest) tell(`${paint(level)} ${message}`);
  };
  return {
    print(line) {
      clear();
      process.stdout.write(`${mask(line)}\n`);
    },
    tell,
    show(line) {
      if (!fitLine) return;
      clear();
      if (line === '') return;
      // The last column stays free: a terminal may break the line behind it.
      process.stderr.write(fitLine(mask(line), (process.stderr.columns || 80) - 1));
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
    isJson: options.json === true,
    columns: process.stdout.isTTY ? process.stdout.columns || 80 : undefined,
    isLive,
    redact(next) {
      mask = next;
    },
  };
}

const plainly = (text: string) => text;
const plain: Paint = { red: plainly, green: plainly, yellow: plainly, cyan: plainly, dim: plainly, bold: plainly };

/** For stdout and for stderr. Chalk is loaded only where there may be colours: cron's runs have none. */
async function paints({ color }: GlobalOptions, env: NodeJS.ProcessEnv): Promise<readonly [Paint, Paint]> {
  const isOff = color === false || (env.NO_COLOR !== undefined && env.NO_COLOR !== '');
  const mayBe = env.FORCE_COLOR !== undefined || process.stdout.isTTY || process.stderr.isTTY;
  if (isOff || !mayBe) return [plain, plain];
  const { Chalk, supportsColor, supportsColorStderr } = await import('chalk');
  const paint = (support: typeof supportsColor): ChalkInstance => new Chalk({ level: support ? support.level : 0 });
  return [paint(supportsColor), paint(supportsColorStderr)];
}

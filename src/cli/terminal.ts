import type { ChalkInstance } from 'chalk';
import type { Log, LogLevel } from '../log.ts';
import type { Caller } from './command-line.ts';
import { fitted } from './output/text.ts';
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
  /** Whether a progress line can be shown. */
  readonly isLive: boolean;
  readonly caller: Caller;
  /** From now on these values are masked. */
  redact(mask: (text: string) => string): void;
}

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export async function openConsole(options: GlobalOptions, caller: Caller): Promise<Console> {
  const { env, terminal } = caller;
  const { stdout, stderr } = terminal;
  const [out, err] = await paints(options, caller);
  const isLive = stderr.isTTY === true && !options.quiet && !options.json && !env.CI && env.TERM !== 'dumb';
  const lowest = levels.indexOf(options.logLevel ?? (options.quiet ? 'error' : 'warn'));
  let mask = (text: string) => text;
  let shown = false;

  const clear = () => {
    if (shown) stderr.write('\r\x1b[2K');
    shown = false;
  };
  const tell = (line: string) => {
    clear();
    stderr.write(`${mask(line)}\n`);
  };
  const logAt = (level: LogLevel, paint: (text: string) => string) => (message: string) => {
    if (levels.indexOf(level) >= lowest) tell(`${paint(level)} ${message}`);
  };
  return {
    print(line) {
      clear();
      stdout.write(`${mask(line)}\n`);
    },
    tell,
    show(line) {
      if (!isLive) return;
      clear();
      if (line === '') return;
      stderr.write(fitted(mask(line), stderr.columns));
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
    isLive,
    caller,
    redact(next) {
      mask = next;
    },
  };
}

const plainly = (text: string) => text;
const plain: Paint = { red: plainly, green: plainly, yellow: plainly, cyan: plainly, dim: plainly, bold: plainly };

/** For stdout and for stderr. Chalk is loaded only where there may be colours: cron's runs have none. */
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

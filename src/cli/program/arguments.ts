import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../duration.ts';
import { type HeldToken, parseHeldToken } from '../../permit.ts';
import type { Terminal } from '../terminal.ts';
import type { GlobalOptions } from './flags.ts';

/** The command that the command line names. Its module is loaded when it is run. */
export interface ChosenCommand {
  readonly options: GlobalOptions;
  /** A signal is the normal end of a daemon: its own exit code counts, not the signal's. */
  readonly isDaemon?: true;
  /** Resolves to the exit code: one of ours, or the one that `--locked-exit-code` asked for. */
  run(terminal: Terminal, signal: AbortSignal): Promise<number>;
}

export type Choose = (command: ChosenCommand) => void;

/** What a command is run with: its flags, its other words, where it prints, and the signal that stops it. */
export interface Invocation<Flags> {
  readonly flags: Flags;
  readonly words: readonly string[];
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** Says what a command runs. `run` imports the command's module, so that no other command's is loaded. */
export function runs<Flags extends GlobalOptions>(
  command: Command,
  choose: Choose,
  run: (invocation: Invocation<Flags>) => Promise<number>,
  kind: Pick<ChosenCommand, 'isDaemon'> = {},
): void {
  command.action(() => {
    const flags = command.opts<Flags>();
    const words = command.args;
    choose({ ...kind, options: flags, run: (terminal, signal) => run({ flags, words, terminal, signal }) });
  });
}

/** Adds the options that every command takes. */
export function withGlobals(command: Command): Command {
  return command
    .option('-c, --config <file>', 'the config file')
    .option('--env-file <file>', 'a file of variables, ".env" beside the config by default; may be repeated', collect)
    .option('--json', 'one JSON document on stdout')
    .addOption(
      new Option('--log-level <level>', 'what to log on stderr, "warn" by default').choices([
        'debug',
        'info',
        'warn',
        'error',
      ]),
    )
    .addOption(
      new Option('--log-format <format>', 'how stderr is written, "text" by default; "json" inside Kubernetes').choices(
        ['text', 'json'],
      ),
    )
    .option('-q, --quiet', 'print nothing unless something is wrong')
    .option('--no-color', 'no colours');
}

/** Adds the options of a command whose act is noted. */
export function withReason(command: Command): Command {
  return command.option('--reason <text>', 'why you do it, for "cronsync activity"');
}

/** Adds the options of a command that asks before it acts. */
export function withConfirmation(command: Command): Command {
  return withReason(command).option('--yes', 'do not ask');
}

/** Gathers the values of an option that may be repeated. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** Reads a duration, in milliseconds. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('Write a duration such as 90s, 5m or 1h.');
  return ms;
}

/** Reads a whole number, 1 or more. */
export function whole(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Write a whole number, 1 or more.');
  return Number(text);
}

/** Reads how a person names what is held: `340`, or `340@9f3c`. */
export function heldToken(text: string): HeldToken {
  const token = parseHeldToken(text);
  if (!token) throw new InvalidArgumentError('Write the number that was shown, such as 340 or 340@9f3c.');
  return token;
}

/** Reads an exit code of a process: 0 to 255. */
export function exitCode(text: string): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) > 255) throw new InvalidArgumentError('Write a number from 0 to 255.');
  return Number(text);
}

const globalFlags = new Set(['--json', '-q', '--quiet', '--no-color']);
const globalValues = new Set(['-c', '--config', '--env-file', '--log-level', '--log-format']);

/** Moves global options behind the command: `cronsync -c FILE run --full` means `cronsync run --full -c FILE`. */
export function commandFirst(argv: readonly string[]): readonly string[] {
  let at = 0;
  for (let option = argv[at]; option !== undefined; option = argv[at]) {
    if (globalValues.has(option)) at += 2;
    else if (globalFlags.has(option) || /^--(config|env-file|log-level|log-format)=/.test(option)) at += 1;
    else break;
  }
  const command = argv[at];
  return command === undefined || command.startsWith('-') ? argv : [...argv.slice(at), ...argv.slice(0, at)];
}

/** How the log is to be written, as far as a command line says it that may be wrong elsewhere. */
export function logFormatIn(argv: readonly string[]): Pick<GlobalOptions, 'logFormat'> {
  const [, asked] = /\0--log-format[=\0](text|json)\0/.exec(`\0${argv.join('\0')}\0`) ?? [];
  return asked === 'text' || asked === 'json' ? { logFormat: asked } : {};
}

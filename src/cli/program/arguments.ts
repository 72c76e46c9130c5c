import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../duration.ts';
import type { Terminal } from '../terminal.ts';
import type { GlobalOptions } from './flags.ts';

/** What the command line asks for. Its module is loaded when it is run. */
export interface ChosenCommand {
  readonly options: GlobalOptions;
  /** A signal is how it ends: then its exit code counts, not the signal's. */
  readonly isDaemon?: true;
  /** Resolves to the exit code: one of ours, or the one that `--locked-exit-code` asked for. */
  run(terminal: Terminal, signal: AbortSignal): Promise<number>;
}

export type Choose = (command: ChosenCommand) => void;

/** Adds the options that every command takes. */
export function withGlobals(command: Command): Command {
  return command
    .option('-c, --config <file>', 'the config file')
    .option('--json', 'one JSON document on stdout')
    .addOption(new Option('--log-level <level>', 'what to log on stderr').choices(['debug', 'info', 'warn', 'error']))
    .option('-q, --quiet', 'say nothing unless something is wrong')
    .option('--no-color', 'no colours');
}

/** Gathers the values of an option that may be repeated. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** Milliseconds. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('It is written like 90s, 5m or 1h.');
  return ms;
}

/** 1 or more. */
export function whole(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It is a whole number, 1 or more.');
  return Number(text);
}

/** What a process may exit with. */
export function exitCode(text: string): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) > 255) throw new InvalidArgumentError('It is a number from 0 to 255.');
  return Number(text);
}

const globalFlags = new Set(['--json', '-q', '--quiet', '--no-color']);
const globalValues = new Set(['-c', '--config', '--log-level']);

/** `sync -c FILE run --full` is `sync run --full -c FILE`: options that every command takes may stand before it. */
export function commandFirst(argv: readonly string[]): readonly string[] {
  let at = 0;
  for (let option = argv[at]; option !== undefined; option = argv[at]) {
    if (globalValues.has(option)) at += 2;
    else if (globalFlags.has(option) || /^--(config|log-level)=/.test(option)) at += 1;
    else break;
  }
  const command = argv[at];
  return command === undefined || command.startsWith('-') ? argv : [...argv.slice(at), ...argv.slice(0, at)];
}

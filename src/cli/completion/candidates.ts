import type { Command, Option } from 'commander';
import type { ConfigNames } from './config-names.ts';

/** What may stand at the end of a command line. */
export interface Candidates {
  readonly values: readonly Candidate[];
  /** A file may stand there: the shell knows which there are. */
  readonly isFile: boolean;
}

export interface Candidate {
  readonly value: string;
  readonly description: string;
}

const none: Candidates = { values: [], isFile: false };

/** What may follow the words of a command line, of which the last one is the start of what is looked for; it may be empty. Pure. */
export function candidatesFor(words: readonly string[], program: Command, names: ConfigNames): Candidates {
  const all = withoutEquals(words);
  const current = all.at(-1) ?? '';
  const { command, position, pending } = walk(all.slice(0, -1), program);
  const [option, start = ''] = /^(--[\w-]+)=(.*)$/s.exec(current)?.slice(1) ?? [];
  if (pending) return startingWith(current, valuesOf(pending, command, names));
  if (option !== undefined) return assigned(option, start, command, names);
  if (current.startsWith('-')) return startingWith(current, { values: flagsOf(command), isFile: false });
  const commands = position === 0 ? subcommandsOf(command) : [];
  const values = argumentsOf(command, position, names);
  return startingWith(current, { values: [...commands, ...values], isFile: false });
}

/** Bash takes `--resource=cu` for three words. */
function withoutEquals(words: readonly string[]): readonly string[] {
  const kept = words.filter((word, at) => word !== '=' || !words[at - 1]?.startsWith('--'));
  return words.at(-1) === '=' && kept.length < words.length ? [...kept, ''] : kept;
}

interface Walked {
  readonly command: Command;
  /** How many arguments it has so far. */
  readonly position: number;
  /** An option whose value comes next. */
  readonly pending: Option | undefined;
}

function walk(words: readonly string[], program: Command): Walked {
  let command = program;
  let position = 0;
  let pending: Option | undefined;
  for (const word of words) {
    if (pending !== undefined) {
      pending = undefined;
      continue;
    }
    const inner = position === 0 ? command.commands.find((one) => one.name() === word) : undefined;
    if (inner) command = inner;
    else if (word.startsWith('-'))
      pending = optionsOf(command).find((option) => option.required && (word === option.short || word === option.long));
    else position += 1;
  }
  return { command, position, pending };
}

/** Without the name of a command, `run` is meant. */
function optionsOf(command: Command): readonly Option[] {
  const run = command.parent === null ? command.commands.find((one) => one.name() === 'run') : undefined;
  return [command, run].flatMap((one) => (one ? one.createHelp().visibleOptions(one) : []));
}

function flagsOf(command: Command): readonly Candidate[] {
  return optionsOf(command).flatMap(({ long, description }) => (long ? { value: long, description } : []));
}

function subcommandsOf(command: Command): readonly Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((one) => ({ value: one.name(), description: one.description() }));
}

function assigned(long: string, start: string, command: Command, names: ConfigNames): Candidates {
  const option = optionsOf(command).find((one) => one.long === long);
  if (!option) return none;
  const { values, isFile } = startingWith(start, valuesOf(option, command, names));
  return { values: values.map((one) => ({ ...one, value: `${long}=${one.value}` })), isFile };
}

function valuesOf({ long, flags, argChoices }: Option, command: Command, names: ConfigNames): Candidates {
  if (/<([^>]*\|)?file\b/.test(flags)) return { values: [], isFile: true };
  return { values: argChoices ? plain(argChoices) : namesOf(long ?? '', command, names), isFile: false };
}

function namesOf(
  long: string,
  command: Command,
  { resources, adapters, listeners }: ConfigNames,
): readonly Candidate[] {
  if (long === '--resource') return plain(resources);
  if (long === '--listener') return plain(listeners);
  if (long === '--adapter' || (long === '--to' && command.name() === 'swap')) return plain(adapters);
  if (long !== '--type') return [];
  return plain(
    resources.flatMap((resource) => ['created', 'updated', 'deleted', '*'].map((type) => `${resource}.${type}`)),
  );
}

function argumentsOf(command: Command, position: number, { listeners }: ConfigNames): readonly Candidate[] {
  const argument = command.registeredArguments[position];
  if (argument?.argChoices) return plain(argument.argChoices);
  return argument?.name() === 'name' && command.parent?.name() === 'listener' ? plain(listeners) : [];
}

function plain(values: readonly string[]): readonly Candidate[] {
  return values.map((value) => ({ value, description: '' }));
}

function startingWith(start: string, { values, isFile }: Candidates): Candidates {
  return { values: values.filter(({ value }) => value.startsWith(start)), isFile };
}

import { Command, CommanderError } from 'commander';
import { ExitCode, UsageError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import type { Streams } from '../caller.ts';
import { forPeople } from '../output/printable.ts';
import { readVersion } from '../package.ts';
import { addActs } from './act.ts';
import { type Choose, type ChosenCommand, commandFirst } from './arguments.ts';
import { addDead } from './dead.ts';
import { addInspection } from './inspect.ts';
import { addListen } from './listen.ts';
import { addRepairs } from './repair.ts';
import { addRun } from './run.ts';
import { addSetup } from './setup.ts';
import { addSwap } from './swap.ts';
import { addSyncs } from './syncs.ts';
import { addWeb } from './web.ts';

/** Reads the command line. A number is an exit code: everything was printed already (help, version). */
export async function parseCommandLine(
  words: readonly string[],
  { stdout, stderr }: Streams,
): Promise<ChosenCommand | ExitCode> {
  const argv = helpLast(commandFirst(words));
  refuseCoreutils(argv);
  refuseRenamed(argv);
  let chosen: ChosenCommand | undefined;
  const program = new Command('cronsync').configureOutput({
    writeOut: (text) => void stdout.write(text),
    writeErr: (text) => void stderr.write(forPeople(text, { hasColours: false })),
    outputError() {},
    getOutHelpWidth: () => stdout.columns ?? 80,
    getErrHelpWidth: () => stderr.columns ?? 80,
  });
  buildProgram(program, (command) => {
    chosen = command;
  });
  refuseUnknownCommand(argv, program);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return ExitCode.ok;
    if (error.code === 'commander.help') return ExitCode.usage;
    throw usageError(error, argv, program);
  }
  return chosen ?? ExitCode.usage;
}

/** `cronsync help run` means `cronsync run --help`. */
function helpLast([first, ...rest]: readonly string[]): readonly string[] {
  if (first === 'help') return [...rest, '--help'];
  return first === undefined ? [] : [first, ...rest];
}

/** What commander refuses, as one of our errors. Commander's first sentence says what is wrong, the others what to write. */
function usageError({ message }: CommanderError, argv: readonly string[], program: Command): UsageError {
  const [what, ...advice] = message.replace(/^error: /, '').split(/(?<=\.) |\n/);
  const sentences = advice.map((sentence) => sentence.replace(/^\((.*)\)$/, '$1').replace(/(?<![.?])$/, '.'));
  return new UsageError(`${what?.replace(/\.$/, '')}; nothing was done`, {
    hint: [...sentences, `"${nameIn(argv, program)} --help" lists what this command takes.`].join(' '),
  });
}

/** The name of the command that was called, such as `cronsync dead list`. */
function nameIn([first = '', ...rest]: readonly string[], command: Command): string {
  if (command.parent === null && first.startsWith('-')) return `${command.name()} run`;
  const called = command.commands.find((one) => one.name() === first);
  return called ? `${command.name()} ${nameIn(rest, called)}` : command.name();
}

function buildProgram(program: Command, choose: Choose): void {
  program
    .description("Keeps a system's data in step with a third party's API that allows one hit per minute.")
    .version(readVersion(), '-V, --version')
    .exitOverride()
    .helpCommand(false)
    .enablePositionalOptions()
    .addHelpText('after', examples);
  addRun(program, choose);
  addSwap(program, choose);
  addInspection(program, choose);
  addRepairs(program, choose);
  addListen(program, choose);
  addWeb(program, choose);
  addDead(program, choose);
  addActs(program, choose);
  addSyncs(program, choose);
  addSetup(program, choose);
}

const examples = `
Examples:
  cronsync init                      write a starting config
  cronsync run --dry-run             show what would change, and write nothing
  cronsync                           one run: what cron starts every minute
  cronsync swap --to b --dry-run     show what another third party would change
  cronsync listen                    the daemon that runs the listeners
  cronsync status                    where everything stands
  cronsync web                       the same as a page in the browser

Exit codes:
  0         done, or nothing to do
  2         the plan has changes (with --detailed-exitcode)
  3         the guard held deletions, updates or empty values back
  4         verify found changed rows, or status --max-age is exceeded
  64        wrong usage
  65        too many records were rejected, or too few came
  69        the third party, Redis or the target is unreachable
  70        a bug, or stores that contradict each other
  75        another run holds the lock
  76        the third party gave no page
  77        the third party refused the credentials
  78        the config is wrong or missing
  130, 143  stopped by a signal

The program is also installed as "sync". In a shell, write "cronsync": most
systems have another "sync", which flushes file systems.`;

/** `sync` is also a command of coreutils, which flushes file systems. Arguments that only it takes are refused. */
function refuseCoreutils([first]: readonly string[]): void {
  if (
    first === undefined ||
    !(first === '-d' || first === '-f' || first === '--data' || first === '--file-system' || first.startsWith('/'))
  ) {
    return;
  }
  throw new UsageError(
    `"sync ${first}" looks like the sync of coreutils, which flushes file systems; nothing was done`,
    {
      hint: 'That program is /usr/bin/sync. This one keeps data in step: see "cronsync --help".',
    },
  );
}

function refuseRenamed(argv: readonly string[]): void {
  if (!argv.some((word) => /^--held-exit-code(=|$)/.test(word))) return;
  throw new UsageError('--held-exit-code is called --locked-exit-code now; nothing was done', {
    hint: 'Write --locked-exit-code instead.',
  });
}

/** Without this check, commander would take a misspelt command for an argument of the default one. */
function refuseUnknownCommand([first]: readonly string[], program: Command): void {
  const names = program.commands.map((command) => command.name());
  if (first === undefined || first.startsWith('-') || names.includes(first)) return;
  const meant = nearest(first, names);
  throw new UsageError(`there is no command "${first}"; nothing was done`, {
    hint: meant ? `Did you mean "cronsync ${meant}"?` : `The commands are ${names.join(', ')}: see "cronsync --help".`,
  });
}

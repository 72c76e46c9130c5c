import { Command, CommanderError } from 'commander';
import { nearest } from '../../config/nearest.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import type { Streams } from '../command-line.ts';
import { readVersion } from '../package.ts';
import {
  type Choose,
  type ChosenCommand,
  collect,
  commandFirst,
  duration,
  exitCode,
  whole,
  withGlobals,
} from './arguments.ts';
import { addDead } from './dead.ts';
import type { GlobalOptions, RunFlags } from './flags.ts';
import { addListen } from './listen.ts';
import { addSwap } from './swap.ts';

/** Reads the command line. A number: all is said already (help, version, wrong usage), and this is the exit code. */
export async function parseCommandLine(
  words: readonly string[],
  { stdout, stderr }: Streams,
): Promise<ChosenCommand | ExitCode> {
  const argv = commandFirst(words);
  refuseCoreutils(argv);
  let chosen: ChosenCommand | undefined;
  const program = new Command('sync').configureOutput({
    writeOut: (text) => void stdout.write(text),
    writeErr: (text) => void stderr.write(text),
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
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
    throw error;
  }
  return chosen ?? ExitCode.usage;
}

function buildProgram(program: Command, choose: Choose): void {
  program
    .description("Keeps a system's data in step with a third party's API that allows one hit per minute.")
    .version(readVersion(), '-V, --version')
    .exitOverride()
    .showHelpAfterError('(sync --help tells more)')
    .helpCommand(false)
    .enablePositionalOptions()
    .addHelpText('after', examples);
  addRun(program, choose);
  addSwap(program, choose);
  addLookers(program, choose);
  addMenders(program, choose);
  addListen(program, choose);
  addDead(program, choose);
  addStarters(program, choose);
}

const examples = `
Examples:
  sync init                      write a starting config
  sync run --dry-run             show what would change, and write nothing
  sync                           one run: what cron starts every minute
  sync swap --to b --dry-run     show what another third party would change
  sync listen                    the daemon that runs the listeners
  sync status                    where everything stands

Exit codes: 0 done or nothing to do; 2 the plan has changes (--detailed-exitcode); 3 the delete guard held deletions
back; 64 wrong usage; 65 too many rejected records; 69 third party, Redis or target unreachable; 70 a bug, or stores
that contradict each other; 75 the lock is held; 76 the third party gave no page; 77 it refused our credentials;
78 config wrong or missing; 130, 143 stopped by a signal.

The program is also installed as "cronsync": cron's PATH finds the "sync" of coreutils first.`;

function addRun(program: Command, choose: Choose): void {
  withGlobals(program.command('run', { isDefault: true }).description('one run; the default command'))
    .option('--dry-run', 'show every create, update and delete, and write nothing')
    .option('--adapter <name>', 'read from this adapter instead of the one in the config')
    .option('--resource <name>', 'only this resource (repeatable)', collect)
    .option('--full', 'start a snapshot pass over')
    .option('--wait <duration>', 'wait so long for a slot, instead of throttle.wait', duration)
    .option('--max-pages <n>', 'take at most so many pages', whole)
    .option('--allow-mass-delete', 'permit, once, as many deletions as the guard has held back')
    .option('--held-exit-code <n>', 'exit with this instead of 75 when the lock is held', exitCode)
    .option('--from <file>', 'read the page from a file instead of a hit')
    .option('--save <file>', "keep the third party's answer in a file")
    .option('--detailed-exitcode', 'with --dry-run: exit 2 when the plan has changes')
    .action((flags: RunFlags) => {
      choose({
        options: flags,
        run: async (console, signal) => (await import('../commands/run.ts')).runCommand(flags, console, signal),
      });
    });
}

/** Commands that only look. */
function addLookers(program: Command, choose: Choose): void {
  withGlobals(program.command('status').description('lock, next slot, passes, last runs, outbox, stream')).action(
    (flags: GlobalOptions) => {
      choose({
        options: flags,
        run: async (console) => (await import('../commands/status.ts')).statusCommand(flags, console),
      });
    },
  );
  withGlobals(program.command('check').description('check the config, Redis, and the target; makes no hit')).action(
    (flags: GlobalOptions) => {
      choose({
        options: flags,
        run: async (console) => (await import('../commands/check.ts')).checkCommand(flags, console),
      });
    },
  );
  withGlobals(program.command('events').description('print events from the outbox, oldest first'))
    .option('--since <position>', 'only events after this: a sequence number, or a time (2026-01-31T12:00Z)')
    .option('--type <type>', 'only events of this type: customers.deleted, customers.*', collect)
    .option('--key <key>', 'only events of this key')
    .option('--follow', 'go on as new events come')
    .action((flags) => {
      choose({
        options: flags,
        run: async (console, signal) => (await import('../commands/events.ts')).eventsCommand(flags, console, signal),
      });
    });
  const rejects = program.command('rejects').description('records that were rejected');
  withGlobals(rejects.command('list').description('the rejected records, newest first'))
    .option('--resource <name>', 'only of this resource')
    .option('--limit <n>', 'at most so many', whole, 50)
    .action((flags) => {
      choose({
        options: flags,
        run: async (console) => (await import('../commands/rejects.ts')).listRejects(flags, console),
      });
    });
  withGlobals(rejects.command('show <id>').description('one rejected record, as it came')).action(
    (id: string, flags) => {
      choose({
        options: flags,
        run: async (console) => (await import('../commands/rejects.ts')).showReject(id, flags, console),
      });
    },
  );
}

/** Commands that mend what went wrong. */
function addMenders(program: Command, choose: Choose): void {
  withGlobals(program.command('unlock').description('remove the lock, and fence its holder out'))
    .option('--yes', 'do not ask')
    .action((flags) => {
      choose({
        options: flags,
        run: async (console) => (await import('../commands/unlock.ts')).unlockCommand(flags, console),
      });
    });
  const outbox = program.command('outbox').description('events that are not on the stream yet');
  withGlobals(outbox.command('rebase').description('give new numbers to events, after the database was restored'))
    .option('--yes', 'do not ask')
    .action((flags) => {
      choose({
        options: flags,
        run: async (console) => (await import('../commands/rebase.ts')).rebaseCommand(flags, console),
      });
    });
}

function addStarters(program: Command, choose: Choose): void {
  withGlobals(program.command('init').description('write a starting config'))
    .option('--force', 'overwrite a config that is there')
    .action((flags) => {
      choose({
        options: flags,
        run: async (console) => (await import('../commands/init.ts')).initCommand(flags, console),
      });
    });
  withGlobals(program.command('schema').description('print the JSON Schema of the config')).action(
    (flags: GlobalOptions) => {
      choose({
        options: flags,
        run: async (console) => (await import('../commands/schema.ts')).schemaCommand(console),
      });
    },
  );
}

/** `sync` is also a command of coreutils, which flushes file systems: whoever meant that one gets told. */
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
      hint: 'that one is /usr/bin/sync; this is cronsync, which keeps data in step: see "cronsync --help"',
    },
  );
}

/** Without this, a misspelt command would be taken for an argument of the default one. */
function refuseUnknownCommand([first]: readonly string[], program: Command): void {
  const names = program.commands.map((command) => command.name());
  if (first === undefined || first.startsWith('-') || names.includes(first)) return;
  const meant = nearest(first, names);
  throw new UsageError(`there is no command "${first}"; nothing was done`, {
    hint: meant ? `did you mean "sync ${meant}"?` : `there are ${names.join(', ')}: see "sync --help"`,
  });
}

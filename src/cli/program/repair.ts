import type { Command } from 'commander';
import { type Choose, runs, withGlobals } from './arguments.ts';
import type { ConfirmFlags } from './flags.ts';

/** Adds the commands that repair what went wrong. */
export function addRepairs(program: Command, choose: Choose): void {
  const unlock = withGlobals(program.command('unlock').description('remove the lock, and fence its holder out')).option(
    '--yes',
    'do not ask',
  );
  runs<ConfirmFlags>(unlock, choose, async ({ flags, terminal }) =>
    (await import('../commands/unlock.ts')).unlockCommand(flags, terminal),
  );

  const outbox = program.command('outbox').description('events that are not on the stream yet');
  const rebase = withGlobals(
    outbox.command('rebase').description('give new numbers to events, after the database was restored'),
  ).option('--yes', 'do not ask');
  runs<ConfirmFlags>(rebase, choose, async ({ flags, terminal }) =>
    (await import('../commands/rebase.ts')).rebaseCommand(flags, terminal),
  );
}

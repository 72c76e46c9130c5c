import type { Command } from 'commander';
import { type Choose, collect, runs, whole, withConfirmation, withGlobals, withReason } from './arguments.ts';
import type { ConfirmFlags, VerifyFlags } from './flags.ts';

/** Adds the commands that repair what went wrong. */
export function addRepairs(program: Command, choose: Choose): void {
  const verify = withReason(
    withGlobals(
      program
        .command('verify')
        .description('compare the rows with what was written; exit 4 if somebody has changed some'),
    ),
  )
    .option('--resource <name>', 'only this resource (repeatable)', collect)
    .option('--sample <n>', 'compare only so many rows, after those of the last sample', whole)
    .option('--repair', 'make the next pass write the rows again that differ');
  runs<VerifyFlags>(verify, choose, async ({ flags, terminal, signal }) =>
    (await import('../commands/verify.ts')).verifyCommand(flags, terminal, signal),
  );

  const unlock = withConfirmation(
    withGlobals(program.command('unlock').description('remove the lock, and fence its holder out')),
  );
  runs<ConfirmFlags>(unlock, choose, async ({ flags, terminal }) =>
    (await import('../commands/unlock.ts')).unlockCommand(flags, terminal),
  );

  const outbox = program.command('outbox').description('events that are not on the stream yet');
  const rebase = withConfirmation(
    withGlobals(outbox.command('rebase').description('give new numbers to events, after the database was restored')),
  );
  runs<ConfirmFlags>(rebase, choose, async ({ flags, terminal }) =>
    (await import('../commands/rebase.ts')).rebaseCommand(flags, terminal),
  );
}

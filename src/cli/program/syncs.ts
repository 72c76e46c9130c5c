import type { Command } from 'commander';
import { type Choose, collect, runs, withConfirmation, withGlobals } from './arguments.ts';
import type { ConfirmFlags, ForgetFlags } from './flags.ts';

/** Adds the commands that change what a whole sync is called, or whether it is known. */
export function addSyncs(program: Command, choose: Choose): void {
  const rename = withConfirmation(
    withGlobals(
      program.command('rename <old> <new>').description('give a sync another name, with all that is known of it'),
    ),
  );
  runs<ConfirmFlags>(rename, choose, async ({ flags, words: [from = '', to = ''], terminal }) =>
    (await import('../act/rename.ts')).renameCommand(from, to, flags, terminal),
  );

  const forget = withConfirmation(
    withGlobals(
      program.command('forget [name]').description('forget a sync: its checkpoints, events and tables; the rows stay'),
    ),
  )
    .option('--resource <name>', 'only this resource, so that another sync may have its table (repeatable)', collect)
    .option('--tables', 'drop the tables of the system as well, with all their rows');
  runs<ForgetFlags>(forget, choose, async ({ flags, words: [name], terminal }) =>
    (await import('../act/forget.ts')).forgetCommand(name, flags, terminal),
  );
}

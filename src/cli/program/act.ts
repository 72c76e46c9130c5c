import type { Command } from 'commander';
import { type Choose, collect, heldToken, runs, withGlobals, withReason } from './arguments.ts';
import type { ApproveFlags } from './flags.ts';

/** Adds the commands by which a person steers what runs and daemons do. */
export function addActs(program: Command, choose: Choose): void {
  const approve = withReason(
    withGlobals(
      program.command('approve').description('permit, once, exactly what the guard holds back: the next run writes it'),
    ),
  )
    .option('--resource <name>', 'only of this resource (repeatable)', collect)
    .option('--deletes <n>', 'the n deletions that are held back', heldToken)
    .option('--updates <n>', 'the n empty values that are held back', heldToken);
  runs<ApproveFlags>(approve, choose, async ({ flags, terminal }) =>
    (await import('../commands/approve.ts')).approveCommand(flags, terminal),
  );
}

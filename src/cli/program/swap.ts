import type { Command } from 'commander';
import { type Choose, collect, duration, runs, whole, withGlobals } from './arguments.ts';
import type { SwapFlags } from './flags.ts';

/** Adds `cronsync swap`. */
export function addSwap(program: Command, choose: Choose): void {
  const swap = withGlobals(
    program.command('swap').description('show what another third party would change, before anything is changed'),
  )
    .requiredOption('--to <name>', 'the adapter that would be read from')
    .option('--dry-run', 'required: the swap itself is the word "adapter" in the config')
    .option('--keep', "store the plan in the database for the operator's page")
    .option('--resource <name>', 'only this resource (repeatable)', collect)
    .option('--wait <duration>', 'wait this long for a slot, instead of throttle.wait', duration)
    .option('--max-pages <n>', 'take at most this many pages', whole)
    .option('--detailed-exitcode', 'exit 2 when the swap would change anything');
  runs<SwapFlags>(swap, choose, async ({ flags, terminal, signal }) =>
    (await import('../commands/swap.ts')).swapCommand(flags, terminal, signal),
  );
}

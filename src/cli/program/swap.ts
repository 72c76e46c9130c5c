import type { Command } from 'commander';
import { type Choose, collect, duration, whole, withGlobals } from './arguments.ts';
import type { SwapFlags } from './flags.ts';

/** Adds `sync swap`. */
export function addSwap(program: Command, choose: Choose): void {
  withGlobals(
    program.command('swap').description('what a change of the third party would change, before anything does'),
  )
    .requiredOption('--to <name>', 'the adapter that would be read from')
    .option('--dry-run', 'needed: the swap itself is the word "adapter" in the config')
    .option('--resource <name>', 'only this resource (repeatable)', collect)
    .option('--wait <duration>', 'wait so long for a slot, instead of throttle.wait', duration)
    .option('--max-pages <n>', 'take at most so many pages', whole)
    .option('--detailed-exitcode', 'exit 2 when the swap would change anything')
    .action((flags: SwapFlags) => {
      choose({
        options: flags,
        run: async (terminal, signal) => (await import('../commands/swap.ts')).swapCommand(flags, terminal, signal),
      });
    });
}

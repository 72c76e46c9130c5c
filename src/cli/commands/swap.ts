import { type ExitCode, UsageError } from '../../errors.ts';
import { loadSetting } from '../app.ts';
import { printSwap, printSwapJson } from '../output/swap.ts';
import type { SwapFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';
import { planAndPrint } from './dry-run.ts';

/** `sync swap --to NAME --dry-run`: a dry run with that adapter, told as what the swap would change. It never swaps anything. */
export async function swapCommand(flags: SwapFlags, terminal: Terminal, signal: AbortSignal): Promise<ExitCode> {
  if (!flags.dryRun) throw notASwap(flags.to);
  const setting = await loadSetting({ ...flags, adapter: flags.to }, terminal);
  return planAndPrint(setting, flags, signal, async ({ target, ...planned }) => {
    const [last] = await target.runs(1);
    const print = terminal.isJson ? printSwapJson : printSwap;
    print({ ...planned, from: last?.adapter ?? null }, terminal);
  });
}

function notASwap(to: string): UsageError {
  return new UsageError('sync swap only shows what a swap would change, with --dry-run; nothing was done', {
    hint: `a swap is one word of the config: "adapter": "${to}"; the next run reads from there`,
  });
}

import { type ExitCode, UsageError } from '../../errors.ts';
import { loadSetting, openTarget, type Setting } from '../open/app.ts';
import { printSwap, printSwapJson, swapJson } from '../output/swap.ts';
import type { SwapFlags } from '../program/flags.ts';
import type { Terminal } from '../terminal.ts';
import { planAndPrint } from './dry-run.ts';

/** `cronsync swap --to NAME --dry-run`: a dry run with that adapter, printed as what the swap would change. It never swaps. */
export async function swapCommand(flags: SwapFlags, terminal: Terminal, signal: AbortSignal): Promise<ExitCode> {
  if (!flags.dryRun) throw notASwap(flags.to);
  const setting = await loadSetting({ ...flags, adapter: flags.to }, terminal);
  return planAndPrint(setting, flags, signal, async ({ target, ...planned }) => {
    const [last] = await target.runs({ limit: 1 });
    const print = terminal.isJson ? printSwapJson : printSwap;
    const swap = { ...planned, from: last?.adapter ?? null };
    print(swap, terminal);
    if (flags.keep) await keep(setting, swapJson(swap));
  });
}

/** Stores a preview for the page, in place of the last one. It is masked first: the page shows it to others. */
async function keep(setting: Setting, preview: string): Promise<void> {
  await using target = await openTarget(setting);
  await target.savePreview(setting.terminal.mask(preview));
}

function notASwap(to: string): UsageError {
  return new UsageError('swap only shows what a swap would change, and needs --dry-run; nothing was done', {
    hint: `To swap, write "adapter": "${to}" in the config. The next run reads from there.`,
  });
}

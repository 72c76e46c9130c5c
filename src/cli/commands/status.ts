import { ExitCode, worstExitCode } from '../../errors.ts';
import type { Facts } from '../../verdict/facts.ts';
import { judge } from '../../verdict/judge.ts';
import { StoreAsker } from '../ask/ask-stores.ts';
import { loadSetting } from '../open/app.ts';
import type { StatusFlags } from '../program/flags.ts';
import { statusDocument } from '../status/document.ts';
import { screenOf } from '../status/screen.ts';
import type { Terminal } from '../terminal.ts';

/**
 * `cronsync status`: prints the verdict and what it rests on. It only reads, and it works whichever store is away.
 *
 * The exit code says whether the stores could be asked; with `--max-age` it says instead whether the data is recent.
 */
export async function statusCommand(flags: StatusFlags, terminal: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const setting = await loadSetting(flags, terminal);
  await using asker = new StoreAsker(setting);
  if (flags.watch) {
    const { watchStatus } = await import('../status/watch.ts');
    return await watchStatus(asker, flags, terminal, signal);
  }
  const facts = await asker.ask();
  const verdict = judge(facts);
  if (terminal.isJson) terminal.print(JSON.stringify(statusDocument(facts, verdict)));
  else if (!terminal.isQuiet) for (const line of screenOf(facts, verdict, flags, terminal)) terminal.print(line);
  return exitCodeOf(facts, flags);
}

/** With `--max-age` a store that is away counts as far as the age of the data is not known for it. */
function exitCodeOf(facts: Facts, { maxAge }: StatusFlags): ExitCode {
  if (maxAge !== undefined) return isOlder(facts, maxAge) ? ExitCode.found : ExitCode.ok;
  const codes = [facts.redis, facts.database].map((store) => {
    if (store.is === 'known') return ExitCode.ok;
    return store.why === 'away' || store.why === 'full' ? ExitCode.unreachable : ExitCode.config;
  });
  return worstExitCode(codes);
}

/** Whether a resource has no complete pass within this time, or it is not known. */
function isOlder({ database, now }: Facts, maxAgeMs: number): boolean {
  if (database.is === 'unknown') return true;
  return database.value.resources.some(({ checkpoint }) => {
    const completedAt = checkpoint?.completedAt ?? null;
    return completedAt === null || now.getTime() - completedAt > maxAgeMs;
  });
}

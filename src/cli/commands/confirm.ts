import { createInterface } from 'node:readline/promises';
import { UsageError } from '../../errors.ts';
import type { Terminal } from '../terminal.ts';

/** Asks on the terminal. Without a terminal, `--yes` is required. */
export async function confirm(
  question: string,
  isSure: boolean | undefined,
  { caller: { terminal } }: Terminal,
): Promise<boolean> {
  if (isSure) return true;
  if (!terminal.stdin.isTTY) {
    throw new UsageError('there is no terminal to ask on; nothing was done', { hint: 'Add --yes if you are sure.' });
  }
  const prompt = createInterface({ input: terminal.stdin, output: terminal.stderr });
  const answer = await prompt.question(`${question} [y/N] `);
  prompt.close();
  return /^y(es)?$/i.test(answer.trim());
}

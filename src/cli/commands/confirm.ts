import { createInterface } from 'node:readline/promises';
import { UsageError } from '../../errors.ts';

/** Asks on the terminal. Without a terminal, `--yes` is required. */
export async function confirm(question: string, isSure: boolean | undefined): Promise<boolean> {
  if (isSure) return true;
  if (!process.stdin.isTTY) {
    throw new UsageError('there is no terminal to ask on; nothing was done', { hint: 'Add --yes if you are sure.' });
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(`${question} [y/N] `);
  prompt.close();
  return /^y(es)?$/i.test(answer.trim());
}

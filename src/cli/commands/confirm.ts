import { createInterface } from 'node:readline/promises';
import { UsageError } from '../../errors.ts';
import type { Console } from '../terminal.ts';

/** Asks on the terminal; where there is none, `--yes` must have been given. */
export async function confirm(
  question: string,
  isSure: boolean | undefined,
  { caller: { terminal } }: Console,
): Promise<boolean> {
  if (isSure) return true;
  if (!terminal.stdin.isTTY) {
    throw new UsageError('nobody is there to ask; nothing was done', { hint: 'say --yes if you are sure' });
  }
  const prompt = createInterface({ input: terminal.stdin, output: terminal.stderr });
  const answer = await prompt.question(`${question} [y/N] `);
  prompt.close();
  return /^y(es)?$/i.test(answer.trim());
}

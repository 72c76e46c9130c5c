import { createInterface } from 'node:readline/promises';
import { ExitCode, StopError, UsageError } from '../../errors.ts';
import type { Terminal } from '../terminal.ts';

/** Asks whether to go on, unless that is sure. Reports that nothing was done after any answer but yes. Throws as `ask` does. */
export async function confirm(question: string, isSure: boolean | undefined, terminal: Terminal): Promise<boolean> {
  if (isSure || (await ask(question, terminal))) return true;
  terminal.report('nothing was done');
  return false;
}

/** Asks on the terminal, and throws if there is none. Throws `StopError` at Ctrl-C; the end of the input means no. */
export async function ask(question: string, { caller: { terminal } }: Terminal): Promise<boolean> {
  if (!terminal.stdin.isTTY) {
    throw new UsageError('there is no terminal to ask on; nothing was done', { hint: 'Add --yes if you are sure.' });
  }
  const prompt = createInterface({ input: terminal.stdin, output: terminal.stderr });
  const ended = new Promise<string>((resolve, reject) => {
    prompt.once('SIGINT', () => {
      // What is reported next begins a line of its own.
      terminal.stderr.write('\n');
      reject(new StopError(ExitCode.sigint));
    });
    prompt.once('close', () => resolve(''));
  });
  try {
    const answer = await Promise.race([prompt.question(`${question} [y/N] `), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}

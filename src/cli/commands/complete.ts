import type { Command } from 'commander';
import { ExitCode } from '../../errors.ts';
import { candidatesFor } from '../completion/candidates.ts';
import { readConfigNames } from '../completion/config-names.ts';
import { scripts, shells } from '../completion/scripts.ts';
import type { Terminal } from '../terminal.ts';

/** `cronsync completion SHELL`: what the shell runs to complete commands. */
export async function completionCommand([shell]: readonly string[], terminal: Terminal): Promise<ExitCode> {
  for (const known of shells) if (known === shell) terminal.print(scripts[known]);
  return ExitCode.ok;
}

/** `cronsync complete -- WORDS`: what may follow these words, as the scripts of the shells read it. */
export async function completeCommand(
  words: readonly string[],
  program: Command,
  terminal: Terminal,
): Promise<ExitCode> {
  const { values, isFile } = candidatesFor(words, program, await readConfigNames(words, terminal.caller));
  for (const { value, description } of values) terminal.print(description === '' ? value : `${value}\t${description}`);
  if (isFile) terminal.print(':file');
  return ExitCode.ok;
}

import type { Draft } from '../../../init/draft.ts';
import { asTyped } from '../../shell-command.ts';
import type { Terminal } from '../../terminal.ts';

/** How many of what was left out are listed; `--json` lists all. */
const mostListed = 40;

/** Prints what the config does not have although the source has it, and what a person should know. */
export function printFindings({ leftOut, notes }: Draft, { print, out, command }: Terminal): void {
  for (const note of notes) print(`${out.yellow('!')} ${asTyped(note, command)}`);
  if (leftOut.length === 0) return;
  print(`${out.yellow('!')} left out:`);
  for (const { what, why } of leftOut.slice(0, mostListed)) print(`    ${what}: ${why}`);
  if (leftOut.length > mostListed) print(`    … and ${leftOut.length - mostListed} more; --json lists all`);
}

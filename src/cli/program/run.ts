import type { Command } from 'commander';
import { type Choose, collect, duration, exitCode, heldToken, runs, whole, withGlobals } from './arguments.ts';
import type { RunFlags } from './flags.ts';

/** Adds `cronsync run`, which is also the command without a name. */
export function addRun(program: Command, choose: Choose): void {
  const run = withGlobals(program.command('run', { isDefault: true }).description('one run; the default command'))
    .option('--dry-run', 'show every create, update and delete, and write nothing')
    .option('--adapter <name>', 'read from this adapter instead of the one in the config')
    .option('--resource <name>', 'only this resource (repeatable)', collect)
    .option('--full', 'start a new snapshot pass')
    .option('--verify', 'with --full: compare every row, and write again what somebody else has changed')
    .option('--yes', 'with --full: do not ask, also on a terminal')
    .option('--wait <duration>', 'wait this long for a slot, instead of throttle.wait', duration)
    .option('--max-pages <n>', 'take at most this many pages', whole)
    .option('--allow-mass-delete [n]', 'permit, once, the n deletions that the guard has held back', heldToken)
    .option(
      '--allow-mass-update [n]',
      'permit, once, the n updates and empty values that the guard has held back',
      heldToken,
    )
    .option('--locked-exit-code <n>', 'exit with this instead of 75 when the lock is held', exitCode)
    .option('--metrics-file <file>', 'write the metrics of the sync there, for node_exporter')
    .option('--from <file>', 'read the page from a file instead of a hit')
    .option('--save <file>', "keep the third party's answer in a file")
    .option('--detailed-exitcode', 'with --dry-run: exit 2 when the plan has changes');
  runs<RunFlags>(run, choose, async ({ flags, terminal, signal }) =>
    (await import('../commands/run.ts')).runCommand(flags, terminal, signal),
  );
}

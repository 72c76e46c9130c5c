import type { Command } from 'commander';
import { type Choose, collect, runs, withConfirmation, withGlobals } from './arguments.ts';
import type { ConfirmFlags, ListenFlags, RewindFlags } from './flags.ts';
import { withPageFlags } from './web.ts';

/** Adds `cronsync listen`, the daemon, and `cronsync listener drop`, which forgets a listener. */
export function addListen(program: Command, choose: Choose): void {
  const listen = withPageFlags(
    withGlobals(program.command('listen').description('run the listeners: a daemon, of which several may run at once')),
  )
    .option('--listener <name>', 'only this listener (repeatable)', collect)
    .option('--http <host:port>', 'answer /healthz, /livez, /readyz and /metrics there')
    .option('--web', "serve the operator's page there too")
    .option('--drain', 'stop when everything is delivered')
    .option('--once', 'try each waiting event once, and stop');
  runs<ListenFlags>(
    listen,
    choose,
    async ({ flags, terminal, signal }) =>
      (await import('../commands/listen.ts')).listenCommand(flags, terminal, signal),
    { isDaemon: true },
  );

  const listener = program.command('listener').description('what is known of a listener');
  const drop = withConfirmation(
    withGlobals(listener.command('drop <name>').description('forget a listener: its groups and cursors')),
  );
  runs<ConfirmFlags>(drop, choose, async ({ flags, words: [name = ''], terminal }) =>
    (await import('../commands/drop-listener.ts')).dropListener(name, flags, terminal),
  );

  const rewind = withConfirmation(
    withGlobals(
      listener.command('rewind <name>').description('deliver events again, by a group beside the one that goes on'),
    ),
  ).requiredOption('--to <position>', 'those after this: 2h ago, a sequence number, or a time (2026-01-31T12:00Z)');
  runs<RewindFlags>(rewind, choose, async ({ flags, words: [name = ''], terminal }) =>
    (await import('../act/rewind.ts')).rewindListener(name, flags, terminal),
  );
}

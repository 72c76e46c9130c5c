import type { Command } from 'commander';
import { type Choose, collect, withGlobals } from './arguments.ts';
import type { GlobalOptions } from './flags.ts';

/** `sync listen`, the daemon, and `sync listener`, which forgets one. */
export function addListen(program: Command, choose: Choose): void {
  withGlobals(program.command('listen').description('run the listeners: the daemon, as many as wanted'))
    .option('--listener <name>', 'only this listener (repeatable)', collect)
    .option('--http <host:port>', 'answer /healthz, /livez, /readyz and /metrics there')
    .option('--drain', 'stop when everything is delivered')
    .option('--once', 'try what is there once, and stop')
    .action((flags) => {
      choose({
        options: flags,
        isDaemon: true,
        run: async (terminal, signal) => (await import('../commands/listen.ts')).listenCommand(flags, terminal, signal),
      });
    });
  const listener = program.command('listener').description('what is known of a listener');
  withGlobals(listener.command('drop <name>').description('forget a listener: its groups and cursors'))
    .option('--yes', 'do not ask')
    .action((name: string, flags: GlobalOptions & { readonly yes?: boolean }) => {
      choose({
        options: flags,
        run: async (terminal) => (await import('../commands/drop-listener.ts')).dropListener(name, flags, terminal),
      });
    });
}

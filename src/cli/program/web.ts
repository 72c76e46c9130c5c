import type { Command } from 'commander';
import { type Choose, collect, runs, withGlobals } from './arguments.ts';
import type { WebFlags } from './flags.ts';

/** Adds `cronsync web`, the operator's page. */
export function addWeb(program: Command, choose: Choose): void {
  const web = withPageFlags(
    withGlobals(program.command('web [host:port]').description("serve the operator's page, on 127.0.0.1:9091")),
  );
  runs<WebFlags>(
    web,
    choose,
    async ({ flags, words: [address], terminal, signal }) =>
      (await import('../commands/web.ts')).webCommand(address, flags, terminal, signal),
    { isDaemon: true },
  );
}

/** Adds the flags of every command that serves the page. */
export function withPageFlags(command: Command): Command {
  return command
    .option('--read-only', 'the page shows and does nothing, whatever the token')
    .option('--host <name>', 'a name by which browsers reach the page (repeatable)', collect);
}

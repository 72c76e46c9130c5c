import type { Command } from 'commander';
import { type Choose, duration, whole, withGlobals } from './arguments.ts';
import type { GlobalOptions } from './flags.ts';

/** `sync dead`: the commands for what listeners have given up on. */
export function addDead(program: Command, choose: Choose): void {
  const dead = program.command('dead').description('events that a listener has given up on');
  const load = () => import('../commands/dead.ts');
  withChoice(dead.command('list').description('the dead letters, oldest first'))
    .option('--limit <n>', 'at most so many', whole, 50)
    .action((flags) => {
      choose({ options: flags, run: async (terminal) => (await load()).listDead(flags, terminal) });
    });
  withGlobals(dead.command('show <id>').description('one of them: its last error, every attempt, the event')).action(
    (id: string, flags: GlobalOptions) => {
      choose({ options: flags, run: async (terminal) => (await load()).showDead(id, flags, terminal) });
    },
  );
  withChoice(
    dead.command('replay [ids...]').description('deliver again, in order; what is delivered is dropped'),
  ).action((ids: string[], flags) => {
    choose({
      options: flags,
      run: async (terminal, signal) => (await load()).replayDead(ids, flags, terminal, signal),
    });
  });
  withChoice(dead.command('drop [ids...]').description('forget them for good'))
    .option('--yes', 'do not ask')
    .action((ids: string[], flags) => {
      choose({ options: flags, run: async (terminal) => (await load()).dropDead(ids, flags, terminal) });
    });
}

/** Which dead letters. */
function withChoice(command: Command): Command {
  return withGlobals(command)
    .option('--listener <name>', 'only of this listener')
    .option('--key <key>', 'only of this key')
    .option('--older-than <duration>', 'only those that are dead for longer', duration);
}

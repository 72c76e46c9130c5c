import type { Command } from 'commander';
import { type Choose, duration, runs, whole, withConfirmation, withGlobals, withReason } from './arguments.ts';
import type { DeadFlags, DropDeadFlags, GlobalOptions, ListDeadFlags } from './flags.ts';

/** Adds `cronsync dead`: the commands for the events that listeners have given up on. */
export function addDead(program: Command, choose: Choose): void {
  const dead = program.command('dead').description('events that a listener has given up on');
  const load = () => import('../commands/dead.ts');

  const list = withChoice(dead.command('list').description('list the dead letters, oldest first')).option(
    '--limit <n>',
    'list at most this many',
    whole,
    50,
  );
  runs<ListDeadFlags>(list, choose, async ({ flags, terminal }) => (await load()).listDead(flags, terminal));

  const show = withGlobals(
    dead.command('show <id>').description('show one dead letter: its last error, every attempt, the event'),
  );
  runs<GlobalOptions>(show, choose, async ({ flags, words: [id = ''], terminal }) =>
    (await load()).showDead(id, flags, terminal),
  );

  const replay = withReason(
    withChoice(
      dead.command('replay [ids...]').description('deliver them again, in order; what is delivered is dropped'),
    ),
  );
  runs<DeadFlags>(replay, choose, async ({ flags, words, terminal, signal }) =>
    (await load()).replayDead(words, flags, terminal, signal),
  );

  const drop = withConfirmation(withChoice(dead.command('drop [ids...]').description('drop them for good')));
  runs<DropDeadFlags>(drop, choose, async ({ flags, words, terminal }) =>
    (await load()).dropDead(words, flags, terminal),
  );
}

/** Adds the flags that choose dead letters. */
function withChoice(command: Command): Command {
  return withGlobals(command)
    .option('--listener <name>', 'only those of this listener')
    .option('--key <key>', 'only those of this key')
    .option('--older-than <duration>', 'only those that have been dead for longer', duration);
}

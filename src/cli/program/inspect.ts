import type { Command } from 'commander';
import { type Choose, collect, duration, runs, whole, withGlobals } from './arguments.ts';
import type { ActivityFlags, EventsFlags, GlobalOptions, ListRejectsFlags, StatusFlags } from './flags.ts';

/** Adds the commands that only look. */
export function addInspection(program: Command, choose: Choose): void {
  const status = withGlobals(
    program
      .command('status')
      .description('show the verdict, problems, runs, resources and listeners; works without Redis'),
  )
    .option('--watch', 'redraw every 2 s, until "q"; one line of JSON per change where stdout is not a terminal')
    .option('--all', 'show all problems, resources and listeners')
    .option(
      '--max-age <duration>',
      'exit with 4 if the last complete pass of a resource is older, or not known',
      duration,
    );
  runs<StatusFlags>(status, choose, async ({ flags, terminal, signal }) =>
    (await import('../commands/status.ts')).statusCommand(flags, terminal, signal),
  );

  const check = withGlobals(
    program.command('check').description('check the config, Redis and the target; makes no hit'),
  );
  runs<GlobalOptions>(check, choose, async ({ flags, terminal }) =>
    (await import('../commands/check.ts')).checkCommand(flags, terminal),
  );

  const events = withGlobals(program.command('events').description('print events from the outbox, oldest first'))
    .option('--since <position>', 'only events after this: 1h ago, a sequence number, or a time (2026-01-31T12:00Z)')
    .option('--type <type>', 'only events of this type: customers.deleted, customers.*', collect)
    .option('--key <key>', 'only events of this key')
    .option('--follow', 'keep printing new events as they arrive');
  runs<EventsFlags>(events, choose, async ({ flags, terminal, signal }) =>
    (await import('../commands/events.ts')).eventsCommand(flags, terminal, signal),
  );

  addRejects(program, choose);

  const activity = withGlobals(
    program.command('activity').description('list what people did to the sync, newest first'),
  ).option('--limit <n>', 'list at most this many', whole, 50);
  runs<ActivityFlags>(activity, choose, async ({ flags, terminal }) =>
    (await import('../act/activity.ts')).activityCommand(flags, terminal),
  );
}

function addRejects(program: Command, choose: Choose): void {
  const rejects = program.command('rejects').description('records that were rejected');
  const load = () => import('../commands/rejects.ts');

  const list = withGlobals(rejects.command('list').description('list the rejected records, newest first'))
    .option('--resource <name>', 'only those of this resource')
    .option('--limit <n>', 'list at most this many', whole, 50);
  runs<ListRejectsFlags>(list, choose, async ({ flags, terminal }) => (await load()).listRejects(flags, terminal));

  const show = withGlobals(rejects.command('show <id>').description('show one rejected record, as it arrived'));
  runs<GlobalOptions>(show, choose, async ({ flags, words: [id = ''], terminal }) =>
    (await load()).showReject(id, flags, terminal),
  );
}

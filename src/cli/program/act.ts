import type { Command } from 'commander';
import { type Choose, collect, duration, heldToken, runs, withGlobals, withReason } from './arguments.ts';
import type { ApproveFlags, PauseFlags, ResumeFlags } from './flags.ts';

/** Adds the commands by which a person steers what runs and daemons do. */
export function addActs(program: Command, choose: Choose): void {
  const approve = withReason(
    withGlobals(
      program.command('approve').description('permit, once, exactly what the guard holds back: the next run writes it'),
    ),
  )
    .option('--resource <name>', 'only of this resource (repeatable)', collect)
    .option('--deletes [n]', 'the n deletions that are held back', heldToken)
    .option('--updates [n]', 'the n updates and empty values that are held back', heldToken);
  runs<ApproveFlags>(approve, choose, async ({ flags, terminal }) =>
    (await import('../act/approve.ts')).approveCommand(flags, terminal),
  );

  const pause = withReason(
    withGlobals(program.command('pause').description('make no hit, or deliver nothing to a listener, for a while')),
  )
    .option('--listener <name>', 'pause only this listener')
    .option('--for <duration>', 'until this long from now, instead of until "cronsync resume"', duration);
  runs<PauseFlags>(pause, choose, async ({ flags, terminal }) =>
    (await import('../act/pause.ts')).pauseCommand(flags, terminal),
  );

  const resume = withReason(withGlobals(program.command('resume').description('end a pause'))).option(
    '--listener <name>',
    'resume only this listener',
  );
  runs<ResumeFlags>(resume, choose, async ({ flags, terminal }) =>
    (await import('../act/pause.ts')).resumeCommand(flags, terminal),
  );
}

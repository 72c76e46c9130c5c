import { Argument, type Command } from 'commander';
import { shells } from '../completion/scripts.ts';
import { type Choose, runs, withGlobals } from './arguments.ts';
import type { GlobalOptions, InitFlags } from './flags.ts';

/** Adds the commands that set a config and a shell up: `cronsync init`, `cronsync schema` and `cronsync completion`. */
export function addSetup(program: Command, choose: Choose): void {
  const init = withGlobals(program.command('init').description('write a starting config')).option(
    '--force',
    'overwrite a config that exists',
  );
  runs<InitFlags>(init, choose, async ({ flags, terminal }) =>
    (await import('../commands/init.ts')).initCommand(flags, terminal),
  );

  const schema = withGlobals(program.command('schema').description('print the JSON Schema of the config'));
  runs<GlobalOptions>(schema, choose, async ({ terminal }) =>
    (await import('../commands/schema.ts')).schemaCommand(terminal),
  );

  const completion = withGlobals(
    program.command('completion').description('print what makes a shell complete commands'),
  ).addArgument(new Argument('<shell>', 'the shell').choices(shells));
  runs<GlobalOptions>(completion, choose, async ({ words, terminal }) =>
    (await import('../commands/complete.ts')).completionCommand(words, terminal),
  );

  const complete = program.command('complete [words...]', { hidden: true }).passThroughOptions();
  runs<GlobalOptions>(complete, choose, async ({ words, terminal }) =>
    (await import('../commands/complete.ts')).completeCommand(words, program, terminal),
  );
}

import type { Command } from 'commander';
import { type Choose, runs, withGlobals } from './arguments.ts';
import type { GlobalOptions, InitFlags } from './flags.ts';

/** Adds the commands that set a config up: `cronsync init` and `cronsync schema`. */
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
}

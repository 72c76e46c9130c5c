import { Argument, type Command, Option } from 'commander';
import { shells } from '../completion/scripts.ts';
import { type Choose, collect, runs, withGlobals } from './arguments.ts';
import { formats, type GlobalOptions, type InitFlags, schedules } from './flags.ts';

/** Adds the commands that set a config and a shell up: `cronsync init`, `cronsync schema` and `cronsync completion`. */
export function addSetup(program: Command, choose: Choose): void {
  const init = withGlobals(program.command('init').description('write a config, by what one page of the API shows'))
    .option('--from <url|file>', 'look at one page: one hit, or none if it is a file')
    .option('--url <url>', 'with a file: where its page came from')
    .option('--openapi <file|url>', 'read an OpenAPI document')
    .option('--airbyte <file>', 'read a low-code manifest of Airbyte')
    .option('--resource <name>', 'what to call the resource; of a document: which ones, or "all"', collect)
    .option('--records <path>', 'where the answer has the list of records (JMESPath; "@" is the answer)')
    .option('--key <field>', 'the field that identifies a record', collect)
    .option('--include <path>', 'keep a field that looks like a secret', collect)
    .option('--page-param <parameter>', 'the parameter that takes the next cursor or page')
    .option('--changes <parameter>', 'ask only for what changed, by this parameter')
    .option('--auth <kind:variable>', 'bearer:VARIABLE, basic:USER:PASSWORD, header:NAME:VARIABLE, query:NAME:VARIABLE')
    .option('--header <name: value>', 'a header that every request has', collect)
    .option('--throttle <hits/per>', 'what the API allows: 10/1s', collect)
    .option('--param <name=value>', 'with a document: a value for a parameter of a path', collect)
    .option('--target <target>', 'a SQLite file, or postgres:VARIABLE')
    .option('--table <name>', 'the table, if it is not called as the resource')
    .option('--name <name>', 'the name of the sync, by default that of the folder')
    .addOption(new Option('--format <format>', 'how the config is written, "json" by default').choices([...formats]))
    .addOption(new Option('--schedule <kind>', 'what starts the runs, "cron" by default').choices([...schedules]))
    .option('--yes', 'ask nothing')
    .option('--force', 'overwrite a config that exists');
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

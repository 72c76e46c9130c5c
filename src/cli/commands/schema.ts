import { ExitCode } from '../../errors.ts';
import { readPackageFile } from '../package.ts';
import type { Terminal } from '../terminal.ts';

/** `cronsync schema`: the JSON Schema of the config, for editors and programs. */
export async function schemaCommand(terminal: Terminal): Promise<ExitCode> {
  terminal.print(readPackageFile('sync.schema.json').trimEnd());
  return ExitCode.ok;
}

import { ExitCode } from '../../errors.ts';
import { readPackageFile } from '../package.ts';
import type { Console } from '../terminal.ts';

/** `sync schema`: the JSON Schema of the config, for editors and programs. */
export async function schemaCommand(console: Console): Promise<ExitCode> {
  console.print(readPackageFile('sync.schema.json').trimEnd());
  return ExitCode.ok;
}

import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { ConfigError } from '../errors.ts';

/** Makes sure that a command can be started. A name without a slash is looked for in `path`, as a shell does; all else from `dir`. */
export async function checkProgram(
  program: string,
  { listener, dir, path }: { readonly listener: string; readonly dir: string; readonly path: string },
): Promise<void> {
  if (program.includes('/')) {
    if (await isProgram(resolve(dir, program))) return;
    throw new ConfigError(`the listener ${listener} runs ${resolve(dir, program)}, which is no program`, {
      hint: 'The file must exist and be executable: chmod +x makes it so.',
    });
  }
  const places = path.split(delimiter).map((folder) => join(folder, program));
  if ((await Promise.all(places.map(isProgram))).includes(true)) return;
  throw new ConfigError(`the listener ${listener} runs ${program}, which is nowhere in PATH`, {
    hint: `Write its path: "./${program}" is seen from the folder of the config.`,
  });
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

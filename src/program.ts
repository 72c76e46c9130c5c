import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { ConfigError } from './errors.ts';

/** Checks that a program can be started. A name without a slash is looked up in `path`, as in a shell; any other is relative to `dir`. */
export async function checkProgram(
  program: string,
  { owner, dir, path }: { readonly owner: string; readonly dir: string; readonly path: string },
): Promise<void> {
  if (program.includes('/')) {
    if (await isProgram(resolve(dir, program))) return;
    throw new ConfigError(`${owner} cannot be started: ${resolve(dir, program)} is not a program; nothing was done`, {
      hint: 'The file must exist and be executable. "chmod +x" makes it executable.',
    });
  }
  const places = path.split(delimiter).map((folder) => join(folder, program));
  if ((await Promise.all(places.map(isProgram))).includes(true)) return;
  throw new ConfigError(`${owner} cannot be started: ${program} is not in PATH; nothing was done`, {
    hint: `Write its path. "./${program}" is relative to the folder of the config.`,
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

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalJson } from '../../record.ts';
import type { SingerOptions, TapFile } from './options.ts';

/** The arguments that name a tap's files, and the folder with those that the config holds itself. */
export interface TapFiles extends AsyncDisposable {
  readonly args: readonly string[];
}

/**
 * Writes the state, and what is in the config itself, to files that no other user can read. They are removed when the tap has
 * ended. If the state is null, the tap gets none.
 */
export async function writeTapFiles({ config, catalog }: SingerOptions, state: unknown): Promise<TapFiles> {
  let folder: string | undefined;

  const write = async (name: string, content: unknown): Promise<readonly string[]> => {
    folder ??= await mkdtemp(join(tmpdir(), 'cronsync-tap-'));
    const file = join(folder, `${name}.json`);
    await writeFile(file, canonicalJson(content), { mode: 0o600 });
    return [`--${name}`, file];
  };
  const argsFor = async (name: string, content: TapFile | undefined): Promise<readonly string[]> => {
    if (content === undefined) return [];
    return typeof content === 'string' ? [`--${name}`, content] : write(name, content);
  };

  return {
    args: [
      ...(await argsFor('config', config)),
      ...(await argsFor('catalog', catalog)),
      ...(state === null ? [] : await write('state', state)),
    ],
    async [Symbol.asyncDispose]() {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

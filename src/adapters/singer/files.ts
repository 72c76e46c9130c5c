import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SingerOptions, TapFile } from './options.ts';

/** The arguments that name a tap's files, and the folder with those that the config holds itself. */
export interface TapFiles extends AsyncDisposable {
  readonly args: readonly string[];
}

/** Writes what the config holds itself to files that nobody else may read; they go when the tap has ended. */
export async function writeTapFiles({ config, catalog }: SingerOptions): Promise<TapFiles> {
  let folder: string | undefined;

  const argsFor = async (name: string, content: TapFile | undefined): Promise<readonly string[]> => {
    if (content === undefined) return [];
    if (typeof content === 'string') return [`--${name}`, content];
    folder ??= await mkdtemp(join(tmpdir(), 'cronsync-tap-'));
    const file = join(folder, `${name}.json`);
    await writeFile(file, JSON.stringify(content), { mode: 0o600 });
    return [`--${name}`, file];
  };

  return {
    args: [...(await argsFor('config', config)), ...(await argsFor('catalog', catalog))],
    async [Symbol.asyncDispose]() {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

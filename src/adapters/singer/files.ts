import { lstat, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalJson } from '../../record.ts';
import type { SingerOptions, TapFile } from './options.ts';

/** The arguments that name a tap's files, and the folder with those that the config holds itself. */
export interface TapFiles extends AsyncDisposable {
  readonly args: readonly string[];
  /** Undefined if no file was written. */
  readonly folder: string | undefined;
}

const prefix = 'cronsync-tap-';
/** A run ends after nine minutes, so older files are not in use, even if another container with the same folder runs the tap. */
const staleMs = 600_000;

/**
 * Writes the state, and what is in the config itself, to files that no other user can read. They are removed when the tap has
 * ended. If the state is null, the tap gets none.
 */
export async function writeTapFiles({ config, catalog }: SingerOptions, state: unknown): Promise<TapFiles> {
  let folder: string | undefined;
  await removeLeftovers(tmpdir());

  const write = async (name: string, content: unknown): Promise<readonly string[]> => {
    folder ??= await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
    const file = join(folder, `${name}.json`);
    await writeFile(file, canonicalJson(content), { mode: 0o600 });
    return [`--${name}`, file];
  };
  const argsFor = async (name: string, content: TapFile | undefined): Promise<readonly string[]> => {
    if (content === undefined) return [];
    return typeof content === 'string' ? [`--${name}`, content] : write(name, content);
  };

  const args = [
    ...(await argsFor('config', config)),
    ...(await argsFor('catalog', catalog)),
    ...(state === null ? [] : await write('state', state)),
  ];
  return {
    args,
    folder,
    async [Symbol.asyncDispose]() {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Removes what runs left that ended together with the watcher of their tap, as in a power failure. */
async function removeLeftovers(place: string): Promise<void> {
  const names = (await readdir(place)).filter((name) => name.startsWith(prefix));
  for (const name of names)
    if (await isLeftover(join(place, name), name)) await rm(join(place, name), { recursive: true });
}

async function isLeftover(folder: string, name: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => null);
  if (!found?.isDirectory() || found.uid !== process.getuid?.()) return false;
  const pid = Number(name.slice(prefix.length).split('-')[0]);
  return Date.now() - found.mtimeMs > staleMs && !(pid > 0 && isRunning(pid));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

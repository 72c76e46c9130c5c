import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { ConfigError, messageOf } from '../errors.ts';
import { importModule } from './modules.ts';

/** A config as its file has it, before variables are replaced and values are checked. */
export interface FoundConfig {
  readonly path: string;
  readonly dir: string;
  readonly content: unknown;
}

const extensions = ['json', 'yaml', 'yml', 'js', 'mjs', 'cjs', 'ts', 'mts'];

/** The names under which a config is looked for, in this order. */
export const searchPlaces: readonly string[] = [
  ...extensions.map((extension) => `sync.config.${extension}`),
  '.syncrc',
  ...extensions.map((extension) => `.syncrc.${extension}`),
  'package.json',
];

/** Finds the config in `cwd`, or reads the file that is given. Throws `ConfigError` if there is none, or it cannot be read. */
export async function findConfig(cwd: string, file?: string): Promise<FoundConfig> {
  if (file) return readConfig(resolve(cwd, file));
  const first = join(cwd, 'sync.config.json');
  if (existsSync(first)) return readConfig(first);
  const found = await translated(cwd, async () => (await explorer()).search(cwd));
  await refuseUnreadable(cwd, found?.filepath);
  if (found) return foundConfig(found);
  throw new ConfigError(`there is no config in ${cwd} (sync.config.json, .yaml, .ts and others); nothing was done`, {
    hint: 'Write one with "cronsync init", or name one with --config FILE or SYNC_CONFIG.',
  });
}

async function readConfig(path: string): Promise<FoundConfig> {
  const plain = extname(path) === '.json' ? await readPlainJson(path) : undefined;
  if (plain !== undefined) return { path, dir: dirname(path), content: plain };
  const found = await translated(path, async () => (await explorer()).load(path));
  return foundConfig(found ?? { filepath: path, config: undefined });
}

/** Reads JSON as cosmiconfig would, without loading it; undefined if cosmiconfig is needed ($import, package.json). */
async function readPlainJson(path: string): Promise<unknown> {
  if (path.endsWith('package.json')) return undefined;
  const text = await translated(path, () => readFileSync(path, 'utf8'));
  if (text.includes('"$import"') || text.trim() === '') return undefined;
  return translated(path, () => JSON.parse(text.replace(/^\uFEFF/, '')));
}

async function explorer() {
  const { cosmiconfig } = await import('cosmiconfig');
  const runModule = (path: string) => importModule(path, dirname(path));
  const codes = ['.js', '.mjs', '.cjs', '.ts', '.mts'].map((extension) => [extension, runModule] as const);
  return cosmiconfig('sync', {
    searchPlaces: [...searchPlaces],
    ignoreEmptySearchPlaces: false,
    loaders: Object.fromEntries(codes),
  });
}

function foundConfig({ filepath, config }: { readonly filepath: string; readonly config: unknown }): FoundConfig {
  if (config === undefined || config === null) {
    throw new ConfigError(`the config ${filepath} is empty; nothing was done`, {
      hint: 'Write a starting config with "cronsync init".',
    });
  }
  return { path: filepath, dir: dirname(filepath), content: config };
}

/** Refuses a file that exists and cannot be read: the user meant that one, not the next. */
async function refuseUnreadable(cwd: string, found: string | undefined): Promise<void> {
  for (const place of searchPlaces.map((place) => join(cwd, place))) {
    if (place === found) return;
    if (place.endsWith('package.json') || !existsSync(place)) continue;
    await translated(place, () => accessSync(place, constants.R_OK));
    if (statSync(place).isDirectory())
      throw new ConfigError(`the config ${place} cannot be read: it is a folder; nothing was done`);
  }
}

async function translated<Result>(path: string, read: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const what = existsSync(path) ? `cannot be read: ${messageOf(error)}` : 'does not exist';
    throw new ConfigError(`the config ${path} ${what}; nothing was done`, {
      cause: error,
      hint: hintFor(error, path),
    });
  }
}

function hintFor(error: unknown, path: string): string {
  if (error instanceof SyntaxError && extname(path) === '.json')
    return 'JSON needs a comma between two members, and allows neither comments nor a comma after the last one; sync.config.yaml and sync.config.ts do.';
  if (!existsSync(path)) return 'Check --config and SYNC_CONFIG, or write a config with "cronsync init".';
  return `Check that ${path} is a file that this user may read, and what it says there.`;
}

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigError, messageOf } from '../errors.ts';
import type { Environment } from './interpolate.ts';

export interface EnvFileOptions {
  readonly cwd: string;
  readonly env: Environment;
  /** The config file that was given. Without it `SYNC_CONFIG` names the file, or else it is in `cwd`. */
  readonly file?: string | undefined;
  /** Files that were named, later ones win. With none, `.env` beside the config is read if it exists. */
  readonly envFiles?: readonly string[] | undefined;
}

export interface EnvFiles {
  /** The files that were read. */
  readonly paths: readonly string[];
  /** What they set and the environment does not have. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Reads the variables of `.env` files. A variable of the environment wins, also an empty one. Throws `ConfigError`. */
export function readEnvFiles({ cwd, env, file, envFiles = [] }: EnvFileOptions): EnvFiles {
  const named = envFiles.map((name) => resolve(cwd, name));
  const paths = named.length > 0 ? named : besideConfig(resolve(cwd, file || env.SYNC_CONFIG || 'sync.config.json'));
  const read = Object.assign({}, ...paths.map(variablesIn));
  const missing = Object.entries<string>(read).filter(([name]) => env[name] === undefined);
  return { paths, variables: Object.fromEntries(missing) };
}

function besideConfig(config: string): readonly string[] {
  const path = join(dirname(config), '.env');
  return existsSync(path) ? [path] : [];
}

function variablesIn(path: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    const what = existsSync(path) ? `cannot be read: ${messageOf(error)}` : 'does not exist';
    throw new ConfigError(`the env file ${path} ${what}; nothing was done`, {
      cause: error,
      hint: 'It has a line NAME=value for each variable, and this user must be allowed to read it.',
    });
  }
}

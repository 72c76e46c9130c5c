import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError, messageOf } from '../../errors.ts';
import { formatOf, written } from '../../init/write.ts';
import type { Caller } from '../caller.ts';
import type { ConfigFormat, InitFlags } from '../program/flags.ts';

/** The file that a config goes to, as the user typed it, and how it is written. */
export interface ConfigFile {
  readonly file: string;
  readonly format: ConfigFormat;
}

/** Where the config goes. Throws `ConfigError` before any hit, if it exists already and `--force` was not given. */
export function configFile({ config, format, force }: InitFlags, { cwd }: Caller): ConfigFile {
  const file = config ?? `sync.config.${format ?? 'json'}`;
  if (existsSync(resolve(cwd, file)) && !force) {
    throw new ConfigError(`${file} exists already; nothing was written`, {
      hint: '"cronsync init --force" overwrites it.',
    });
  }
  return { file, format: format ?? formatOf(file) ?? 'json' };
}

export function writeConfig(config: object, { file, format }: ConfigFile, { cwd }: Caller): void {
  try {
    writeFileSync(resolve(cwd, file), written(config, format));
  } catch (error) {
    throw new ConfigError(`${file} cannot be written: ${messageOf(error)}; nothing was written`, {
      cause: error,
      hint: 'Make sure that its folder exists and that this user may write there.',
    });
  }
}

/** The place of the JSON Schema, seen from a config beside the package. */
export const schemaPath = './node_modules/cronsync/sync.schema.json';

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findConfig, searchPlaces } from '../../config/find.ts';
import { isObject } from '../../config/schema/objects.ts';
import type { Caller } from '../caller.ts';
import { packageFolder } from '../package.ts';

/** The names that a config has. */
export interface ConfigNames {
  readonly resources: readonly string[];
  readonly adapters: readonly string[];
  readonly listeners: readonly string[];
}

const noNames: ConfigNames = { resources: [], adapters: [], listeners: [] };

/**
 * Reads the names from the config that the words of a command line, or the environment, or the folder has. A config of the
 * folder that is a program does not run for this: a key press must not run what somebody has put there. What cannot be read
 * has no names.
 */
export async function readConfigNames(words: readonly string[], { cwd, env }: Caller): Promise<ConfigNames> {
  const file =
    givenIn(words) || env.SYNC_CONFIG || searchPlaces.find((name) => isData(name) && existsSync(join(cwd, name)));
  if (!file) return noNames;
  try {
    const { content } = await findConfig(cwd, resolve(cwd, file));
    return isObject(content) ? namesIn(await withReady(content)) : noNames;
  } catch {
    return noNames;
  }
}

function givenIn(words: readonly string[]): string | undefined {
  const at = words.findIndex((word) => word === '-c' || word === '--config');
  const next = words.slice(at + 1).find((word) => word !== '=');
  if (at >= 0) return next === '' ? undefined : next;
  return words.find((word) => word.startsWith('--config='))?.slice('--config='.length);
}

function isData(name: string): boolean {
  return /(\.json|\.ya?ml|\.syncrc)$/.test(name);
}

async function withReady(content: Readonly<Record<string, unknown>>) {
  const { withReadyAdapters } = await import('../../config/ready.ts');
  return withReadyAdapters(content, content.adapter, packageFolder('adapters'));
}

function namesIn({ resources, adapters, listeners }: Readonly<Record<string, unknown>>): ConfigNames {
  const names = (value: unknown) => (isObject(value) ? Object.keys(value) : []);
  return { resources: names(resources), adapters: names(adapters), listeners: names(listeners) };
}

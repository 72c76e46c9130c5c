import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { searchPlaces } from '../../config/find.ts';
import type { Caller } from '../caller.ts';

/** What a printed command needs to use this config: ` --config FILE`, or nothing where the search finds it. */
export function configFlag(file: string, caller: Pick<Caller, 'cwd' | 'env'>): string {
  return isFound(file, caller) ? '' : ` --config ${quoted(file)}`;
}

/** Whether a command without `--config` uses this file: no other one is named by `SYNC_CONFIG` or found before it. */
function isFound(file: string, { cwd, env }: Pick<Caller, 'cwd' | 'env'>): boolean {
  if (env.SYNC_CONFIG) return false;
  const path = resolve(cwd, file);
  const first = searchPlaces.map((place) => join(cwd, place)).find((place) => place === path || existsSync(place));
  return first === path;
}

/** A word as a shell reads it. */
export function quoted(word: string): string {
  return /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

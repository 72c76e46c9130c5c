import { existsSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Finding, note } from './finding.ts';

/** Cron's PATH finds the `sync` of coreutils first, which flushes the disks and exits 0. */
export function shadowedCommand(path: string): Finding[] {
  const first = path
    .split(delimiter)
    .map((folder) => join(folder, 'sync'))
    .find((file) => existsSync(file));
  if (first === undefined || realpathSync(first).endsWith('sync.js')) return [];
  return [
    note(
      'command',
      `"sync" in this PATH is ${first}, another program: in crontabs, write the absolute path of cronsync`,
    ),
  ];
}

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A file that the package ships, found upwards from the bundle: the test bundle lies deeper than the published one. */
export function readPackageFile(name: string): string {
  return readFileSync(join(packageRoot(), name), 'utf8');
}

/** A folder that the package ships. */
export function packageFolder(name: string): string {
  return join(packageRoot(), name);
}

export function readVersion(): string {
  return JSON.parse(readPackageFile('package.json')).version;
}

function packageRoot(): string {
  for (let folder = dirname(__dirname); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'bin/sync.js'))) return folder;
  }
  throw new Error(`the package around ${__dirname} is incomplete`);
}

import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));

/** Runs pip in an environment, with more variables if need be. */
export type Pip = (args: readonly string[], env?: Readonly<Record<string, string>>) => void;

/**
 * The folder of the programs of these Python packages: in a virtual environment of their own, which is made on the first call.
 * `more` installs what no registry has.
 */
export function pythonPrograms(
  name: string,
  packages: readonly string[],
  more?: (pip: Pip, folder: string) => void,
): string {
  const folder = join(cache, `${name}-${hash('sha256', JSON.stringify(packages)).slice(0, 8)}`);
  const done = join(folder, 'done');
  // Another test file may be making it: then this one waits. A process that ends, however it ends, releases the lock.
  using lock = new DatabaseSync(`${folder}.lock`, { timeout: 300_000 });
  lock.exec('BEGIN EXCLUSIVE');
  if (existsSync(done)) return join(folder, 'bin');
  rmSync(folder, { recursive: true, force: true });
  try {
    execFileSync('python3', ['-m', 'venv', folder], { stdio: 'pipe' });
    const pip: Pip = (args, env) => {
      const all = ['--disable-pip-version-check', ...args];
      execFileSync(join(folder, 'bin/pip'), all, { stdio: 'pipe', env: { ...process.env, ...env } });
    };
    pip(['install', '--quiet', ...packages]);
    more?.(pip, folder);
  } catch (cause) {
    throw new Error(`${name} needs Python 3.10 or newer, with venv and pip: apt-get install python3 python3-venv`, {
      cause,
    });
  }
  writeFileSync(done, '');
  return join(folder, 'bin');
}

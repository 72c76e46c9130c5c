import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../node_modules/.cache/singer', import.meta.url));
const packages = ['tap-jsonl==0.3.1', 'singer-sdk==0.53.7'];

/** The program of a real tap, made with the Singer SDK, in a virtual environment that is made on the first call. */
export function aRealTap(): string {
  const program = join(folder, 'bin/tap-jsonl');
  if (existsSync(program)) return program;
  try {
    execFileSync('python3', ['-m', 'venv', folder], { stdio: 'pipe' });
    execFileSync(join(folder, 'bin/pip'), ['install', '--quiet', ...packages], { stdio: 'pipe' });
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(
      'the tests with a real Singer tap need Python 3.10 or newer, with venv and pip: apt-get install python3 python3-venv',
      { cause },
    );
  }
  return program;
}

/** What the tap itself says that it can read, as it says it. */
export function discover(program: string, configFile: string): Catalog {
  return JSON.parse(execFileSync(program, ['--config', configFile, '--discover'], { stdio: 'pipe', encoding: 'utf8' }));
}

export interface Catalog {
  readonly streams: readonly Readonly<Record<string, unknown>>[];
}

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../node_modules/.cache/peers', import.meta.url));

/** A virtual environment with these packages, made once. Throws what pip said if they cannot be had here. */
export function environmentOf(name: string, packages: readonly string[]): { bin: string; lib: string } {
  const place = join(cache, name);
  const bin = join(place, 'bin');
  const isMade = join(place, 'made');
  if (!existsSync(isMade)) {
    mkdirSync(cache, { recursive: true });
    process.stderr.write(`installing ${packages.join(', ')}\n`);
    execFileSync('python3', ['-m', 'venv', '--clear', place]);
    execFileSync(join(bin, 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages]);
    mkdirSync(isMade);
  }
  const ask = 'import sysconfig; print(sysconfig.get_path("purelib"))';
  return { bin, lib: execFileSync(join(bin, 'python'), ['-c', ask], { encoding: 'utf8' }).trim() };
}

/** Finds a program on PATH, and its version. */
export function versionOf(program: string, ...args: readonly string[]): string {
  const said = execFileSync(program, args.length > 0 ? args : ['--version'], { encoding: 'utf8' });
  return /\d+(\.\d+)+/.exec(said)?.[0] ?? said.trim();
}

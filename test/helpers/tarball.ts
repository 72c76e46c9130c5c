import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The package as `npm publish` would send it. */
export interface Tarball extends Disposable {
  readonly path: string;
}

export function packTarball(): Tarball {
  const folder = mkdtempSync(join(tmpdir(), 'cronsync-tarball-'));
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [{ filename }] = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' }));
  return { path: join(folder, filename), [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

/**
 * Writes commands `npm` and `npx` into a folder. To `npm`, `cronsync` is this tarball. `npx` starts what is installed without
 * npm's own start, which costs more than the command: test/e2e/package.test.ts has the real one.
 */
export function writeCommands(folder: string, { path }: Tarball): void {
  const npm = execFileSync('bash', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim();
  const replaced = `for word; do [ "$word" = cronsync ] && word='${path}'; words+=("$word"); done`;
  mkdirSync(folder, { recursive: true });
  write('npm', `words=()\n${replaced}\nexec ${npm} "\${words[@]}"`);
  write('npx', 'exec "node_modules/.bin/$1" "${@:2}"');

  function write(name: string, script: string): void {
    writeFileSync(join(folder, name), `#!/bin/bash\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
}

/** Puts this repository into a folder as `npm i cronsync` would. */
export function linkPackage(folder: string): void {
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
  symlinkSync(root, join(folder, 'node_modules/cronsync'));
  symlinkSync('../cronsync/bin/sync.js', join(folder, 'node_modules/.bin/cronsync'));
}

/** npm as a test needs it: from its cache, and without words of its own. */
export const quietNpm = {
  npm_config_prefer_offline: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
  npm_config_yes: 'false',
} as const;

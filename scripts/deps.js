// npm runs this after it has changed node_modules. If the bundler is there, this is a clone of the repository, and dist/ is built
// again.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const root = new URL('..', import.meta.url);
const node = new URL('node_modules/.bin/node', root);
if (existsSync(new URL('node_modules/esbuild', root)) && existsSync(node)) {
  const build = spawnSync(node.pathname, ['scripts/build.js'], { cwd: root, stdio: 'inherit' });
  process.exitCode = build.status ?? 1;
}

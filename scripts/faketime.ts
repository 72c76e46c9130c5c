// Finds libfaketime for the tests; run by itself, prints its path.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unpackedPackage } from './debian-package.ts';

/** The variant for programs with more than one thread, such as Node. */
const library = 'libfaketimeMT.so.1';

/** The library that gives a process its own wall clock when it is preloaded. It needs a system with Debian's packages. */
export async function findFaketime(): Promise<string> {
  const installed = await libraryIn('/usr/lib');
  if (installed !== undefined) return installed;
  const folder = await unpackedPackage({ name: 'libfaketime', folder: 'faketime' }).catch((cause: unknown) => {
    throw new Error('No libfaketime was found: apt-get install libfaketime.', { cause });
  });
  const unpacked = await libraryIn(join(folder, 'root', 'usr', 'lib'));
  if (unpacked === undefined) throw new Error(`libfaketime was unpacked into ${folder}, without ${library}.`);
  return unpacked;
}

/** Debian keeps it in a folder named after the machine's architecture. */
async function libraryIn(folder: string): Promise<string | undefined> {
  const architectures = (await readdir(folder)).filter((name) => name.includes('-linux-'));
  for (const architecture of architectures) {
    const place = join(folder, architecture, 'faketime');
    const files: readonly string[] = await readdir(place).catch(() => []);
    if (files.includes(library)) return join(place, library);
  }
  return undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${await findFaketime()}\n`);

// Writes man/cronsync.1 from what `cronsync --help` prints.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { manualPage } from './page.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
// The program is bundled as CommonJS, and looks from this folder for its package.
Object.assign(globalThis, { __dirname: join(root, 'src/cli') });
const { readHelp } = await import('./help.ts');

mkdirSync(join(root, 'man'), { recursive: true });
const about = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
writeFileSync(join(root, 'man/cronsync.1'), manualPage(await readHelp(), about));

// Writes docs/config.md from the config's schema. A test of the fast project fails while the page is not current.
import { writeFileSync } from 'node:fs';
import { configPage } from './config-page/page.ts';

writeFileSync(new URL('../docs/config.md', import.meta.url), configPage());

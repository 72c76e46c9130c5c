// Writes the pages that are made from the sources: docs/config.md, docs/json.md and docs/schemas/. Tests of the fast
// project fail while one of them is not current.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configPage } from './config-page/page.ts';
import { documents } from './json-page/documents.ts';
import { jsonPage, schemaFile, schemaPath } from './json-page/page.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

writeFileSync(`${root}docs/config.md`, configPage());
writeFileSync(`${root}docs/json.md`, jsonPage());
mkdirSync(`${root}docs/schemas`, { recursive: true });
for (const document of documents) writeFileSync(root + schemaPath(document.name), schemaFile(document));

// Writes what is made from the sources: docs/config.md, docs/json.md, docs/schemas/ and src/written-config.ts. Tests of the
// fast project fail while one of them is not current.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configTypes } from './config-page/config-types.ts';
import { configPage } from './config-page/page.ts';
import { documents } from './json-page/documents.ts';
import { jsonPage, schemaFile, schemaPath } from './json-page/page.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

writeFileSync(`${root}docs/config.md`, configPage());
writeFileSync(`${root}src/written-config.ts`, configTypes());
writeFileSync(`${root}docs/json.md`, jsonPage());
mkdirSync(`${root}docs/schemas`, { recursive: true });
for (const document of documents) writeFileSync(root + schemaPath(document.name), schemaFile(document));

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { documents } from '../../scripts/json-page/documents.ts';
import { examples } from '../../scripts/json-page/examples.ts';
import { jsonPage, schemaFile, schemaPath } from '../../scripts/json-page/page.ts';
import { faultsOf } from './a-validator.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const names = documents.map(({ name }) => name);

test('docs/json.md is what `npm run docs` makes', () => {
  expect(readFileSync(`${root}docs/json.md`, 'utf8') === jsonPage(), 'run "npm run docs"').toBe(true);
});

test.each(documents)('the schema of $name is what `npm run docs` makes', (document) => {
  const file = readFileSync(root + schemaPath(document.name), 'utf8');
  expect(file === schemaFile(document), 'run "npm run docs"').toBe(true);
});

test('no schema is there without a document', () => {
  expect(readdirSync(`${root}docs/schemas`).toSorted()).toEqual(names.map((name) => `${name}.schema.json`).toSorted());
});

test.each(Object.entries(examples))('the example of %s fits its schema', (name, example) => {
  expect(names).toContain(name);
  expect(faultsOf(name, example)).toEqual([]);
});

test('a schema refuses what is missing, what has another type, and what it does not know', () => {
  const good = { outcome: 'done', left: 0, isOff: false };
  expect(faultsOf('listen', good)).toEqual([]);
  expect(faultsOf('listen', { outcome: 'done', left: 0 })).toHaveLength(1);
  expect(faultsOf('listen', { ...good, left: '0' })).toHaveLength(1);
  expect(faultsOf('listen', { ...good, more: 1 })).toHaveLength(1);
});

import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = ['src', 'test', 'scripts', 'bench'].flatMap((folder) =>
  globSync(`${folder}/**/*.{ts,js}`, { cwd: root }),
);
const texts = sources.map((file) => ({ file, text: readFileSync(`${root}${file}`, 'utf8') }));

test('a document that a source cites is there', () => {
  const cited = texts.flatMap(({ file, text }) =>
    [...text.matchAll(/\bdocs\/[\w/-]+\.(?:md|json)\b/g)].map(([path]) => ({ file, path })),
  );
  expect(cited.length).toBeGreaterThan(5);
  expect(cited.filter(({ path }) => !existsSync(root + path))).toEqual([]);
});

test('a section of the protocol that a source cites is there, and no source cites a protocol without its document', () => {
  const protocol = readFileSync(`${root}docs/protocol.md`, 'utf8');
  const sections = [...protocol.matchAll(/^## (\d+)\. /gm)].map(([, number]) => number);
  const cited = texts.flatMap(({ file, text }) =>
    [...text.matchAll(/(\S*)protocol(\.md)? section (\d+)/g)].map(([, folder, ending, number]) => {
      return { file, document: `${folder}protocol${ending}`, number };
    }),
  );
  expect(cited.length).toBeGreaterThan(3);
  expect(cited.filter(({ document }) => !document.endsWith('docs/protocol.md'))).toEqual([]);
  expect(cited.filter(({ number }) => !sections.includes(number))).toEqual([]);
});

test('the crash points of docs/protocol.md are those of the sources', () => {
  const protocol = readFileSync(`${root}docs/protocol.md`, 'utf8');
  const [, table = ''] = /^## 9\. [\s\S]*?(^\|[\s\S]*?)\n\n/m.exec(protocol) ?? [];
  const named = [...table.matchAll(/^\| (.+?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([\w-]+)`/g)].map(([, name]) => name),
  );
  const visited = texts
    .filter(({ file }) => file.startsWith('src/'))
    .flatMap(({ text }) => [...text.matchAll(/crashPoint\('([\w-]+)'\)/g)].map(([, name]) => name));
  expect(named.toSorted()).toEqual([...new Set(visited)].toSorted());
});

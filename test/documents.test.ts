import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const documents = ['*.md', 'docs/*.md', 'bench/*.md', 'examples/*/*.md'].flatMap((pattern) =>
  globSync(pattern, { cwd: root }),
);

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** As GitHub makes them: what is no letter, digit or hyphen goes, and the second heading of a name is numbered. */
function anchorsOf(text: string): Set<string> {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '');
  const names = [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => {
    return heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
  });
  return new Set(names.map((name, at) => (names.indexOf(name) === at ? name : `${name}-1`)));
}

/** The links of a document that lead to files. */
function linksOf(document: string): string[] {
  return [...read(document).matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, link = '']) => link);
}

/** Where the links of a document lead that lead nowhere. */
function brokenLinks(document: string): string[] {
  return linksOf(document).filter((link) => {
    const [path = '', anchor] = link.split('#');
    const file = path === '' ? document : join(document, '..', path);
    if (!existsSync(join(root, file))) return true;
    return anchor !== undefined && !anchorsOf(read(file)).has(anchor);
  });
}

test('there are documents, and headings in them', () => {
  expect(documents).toEqual(
    expect.arrayContaining(['README.md', 'docs/adapters.md', 'examples/own-adapter/README.md']),
  );
  expect(anchorsOf('# The Words\n```sh\n# no heading\n```\n## One, `two`!\n## The words')).toEqual(
    new Set(['the-words', 'one-two', 'the-words-1']),
  );
});

test.each(documents)('what %s links to is there, with its anchors', (document) => {
  expect(brokenLinks(document)).toEqual([]);
});

test.each(documents)('the files that %s names are there', (document) => {
  const text = read(document);
  const named = [...text.matchAll(/`((?:src|test|scripts|bench|docs|examples)\/[\w./-]+)`/g)].map(
    ([, path = '']) => path,
  );
  const tests = [...text.matchAll(/`([\w-]+\.test\.ts)`/g)].map(([, name = '']) => `test/e2e/${name}`);
  expect([...named, ...tests].filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test('the package has every file that its documents link to, but for pictures of the page', () => {
  const pack = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
  });
  const [{ files }]: [{ files: { path: string }[] }] = JSON.parse(pack);
  const packed = files.map(({ path }) => path);
  expect(packed).toEqual(expect.arrayContaining(['README.md', 'docs/adapters.md']));
  const missing = packed
    .filter((path) => path.endsWith('.md'))
    .flatMap((document) =>
      linksOf(document)
        .map((link) => join(dirname(document), link.replace(/#.*$/, '')))
        .filter((file) => !packed.some((path) => path === file || path.startsWith(`${file}/`)))
        .filter((file) => file !== dirname(document) && !file.startsWith('docs/screenshots/'))
        .map((file) => `${document}: ${file}`),
    );
  expect(missing).toEqual([]);
});

test('the messages that the page on troubleshooting lists are in the sources', () => {
  const sources = globSync('src/**/*.ts', { cwd: root }).map(read).join('\n');
  const [, table = ''] = /^\| symptom (.*?)\n\n/ms.exec(read('docs/troubleshooting.md')) ?? [];
  const quoted = [...table.matchAll(/"([^"]+)"/g)].map(([, message = '']) => message);
  expect(quoted.length).toBeGreaterThan(15);
  const isPrinted = (message: string) => message.split(/…|\d+/).every((part) => sources.includes(part.trim()));
  expect(quoted.filter((message) => !isPrinted(message))).toEqual([]);
});

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { bundledPackages, spdxOf } from '../../scripts/bundled-packages.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const notices = readFileSync(join(root, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8');
const bill: Bill = JSON.parse(readFileSync(join(root, 'dist/sbom.cdx.json'), 'utf8'));

interface Bill {
  readonly components: readonly { readonly name: string; readonly version: string }[];
}

/** As the source maps of the bundles have it, which the notices are not made from. */
const program = ['cli', 'run', 'sqlite', 'postgres', 'rest', 'more', 'web'].map((name) => `${name}.cjs`);
const bundled = [...new Set([...program, 'page/page.js', 'index.js', 'testing.js'].flatMap(foldersIn))].map(manifestOf);

/** The map of a file of chunks has a map for each of them. */
interface SourceMap {
  readonly sources?: readonly string[];
  readonly sections?: readonly { readonly map: SourceMap }[];
}

function foldersIn(bundle: string): string[] {
  const map: SourceMap = JSON.parse(readFileSync(join(root, 'dist', `${bundle}.map`), 'utf8'));
  const sources = map.sources ?? (map.sections ?? []).flatMap((section) => section.map.sources ?? []);
  const folders = sources.flatMap((source) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(source)?.[0] ?? []);
  return folders.map((folder) => join(dirname(bundle), folder));
}

function manifestOf(folder: string): { readonly name: string; readonly version: string; readonly license: string } {
  return JSON.parse(readFileSync(join(root, 'dist', folder, 'package.json'), 'utf8'));
}

test('the notices name every bundled package with its installed version and its licence', () => {
  expect(bundled.length).toBeGreaterThan(40);
  for (const { name, version, license } of bundled) {
    expect(notices).toContain(`\n${name} ${version}\nLicence: ${spdxOf(license)}\nSource: https://`);
  }
});

test('the bill of materials lists the bundled packages, and no other', () => {
  const identity = ({ name, version }: { readonly name: string; readonly version: string }) => `${name}@${version}`;
  expect(bill.components.map(identity).sort()).toEqual(bundled.map(identity).sort());
});

test('code under the MPL is bundled, with its licence in full and the address of its source', () => {
  const [, notice = ''] = notices.split('\n@jmespath-community/jmespath ');
  expect(notice).toMatch(/^[\d.]+\nLicence: MPL-2.0\nSource: https:\/\/registry\.npmjs\.org\/.*\.tgz\n/);
  expect(notice).toContain('Mozilla Public License Version 2.0');
});

test('a package of which nothing is left in the bundle needs no notice', () => {
  const inputs = { 'node_modules/got/index.js': { bytesInOutput: 0 } };
  const outputs = { 'dist/some.js': { bytes: 9, imports: [], exports: [], inputs } };
  expect(bundledPackages([{ inputs: {}, outputs }])).toEqual([]);
});

test.each([
  ['a licence that is not on the list', { license: 'GPL-3.0-only' }, 'has the licence GPL-3.0-only'],
  ['a package that the lockfile does not know', { license: 'MIT' }, 'is not in package-lock.json'],
])('the build refuses %s', (_what, manifest, message) => {
  const folder = mkdtempSync(join(tmpdir(), 'cronsync-notices-'));
  const planted = join(folder, 'node_modules/planted');
  mkdirSync(planted, { recursive: true });
  writeFileSync(join(planted, 'package.json'), JSON.stringify({ name: 'planted', version: '1.0.0', ...manifest }));
  const inputs = { [join(planted, 'index.js')]: { bytesInOutput: 9 } };
  const outputs = { 'dist/some.js': { bytes: 9, imports: [], exports: [], inputs } };
  expect(() => bundledPackages([{ inputs: {}, outputs }])).toThrow(message);
  rmSync(folder, { recursive: true });
});

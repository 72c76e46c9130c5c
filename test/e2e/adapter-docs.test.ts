import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openScriptedThirdParty, type ScriptedThirdParty, type ServeThirdParty } from '../../src/testing.ts';
import { startSync } from '../helpers/child.ts';
import { redis } from '../helpers/suite-redis.ts';

// The project that docs/adapters.md describes, made out of the page, in a folder where the package is installed.
const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/adapters.md'), 'utf8');
const [, section = ''] = /\n## One of your own.*\n([\s\S]*?)\n## /.exec(page) ?? [];
const files = [...section.matchAll(/```ts\n\/\/ (\S+)\n([\s\S]*?)```/g)].map(([, name = '', code = '']) => ({
  name,
  code,
}));
const [, config = ''] = /```json sync\.config\.json\n([\s\S]*?)```/.exec(section) ?? [];

const folder = mkdtempSync(join(tmpdir(), 'cronsync-docs-'));
let party: ScriptedThirdParty;

beforeAll(async () => {
  party = await openScriptedThirdParty(serve);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/cronsync'));
  symlinkSync(join(root, 'node_modules/@types'), join(folder, 'node_modules/@types'));
  write('package.json', { type: 'module' });
  for (const { name, code } of files) writeFileSync(join(folder, name), code);
});

afterAll(async () => {
  await party.close();
  rmSync(folder, { recursive: true });
});

const person = (id: number) => ({ id, name: `Person ${id}` });

/** The API that the page speaks of: pages of two, and what changed since a bookmark. */
const serve: ServeThirdParty = ({ url }, { changed, deleted }) => {
  const people = [1, 2, 3, 4, 5].map(person);
  if (url.searchParams.has('since')) return { body: { rows: changed, gone: deleted, now: 'later' } };
  const from = url.searchParams.get('from');
  if (from === null) return { body: { rows: people, gone: [], now: 'now' } };
  const next = Number(from) + 2;
  return { body: { rows: people.slice(Number(from), next), next: next < people.length ? String(next) : null } };
};

function write(name: string, content: object): void {
  writeFileSync(join(folder, name), JSON.stringify(content));
}

/** The page's config for this third party, which may be asked without a pause. */
function configure(type: string, ofPeople: object = {}): void {
  const shown = JSON.parse(config);
  const { ours } = shown.adapters;
  const people = { ...ours.resources.people, ...ofPeople };
  const throttle = { hits: 1, per: '1ms', margin: '0ms' };
  const here = { ...ours, type, baseUrl: party.url, throttle, resources: { people } };
  write('sync.config.json', { ...shown, adapters: { ours: here } });
}

function sync(...args: readonly string[]) {
  const env = { REDIS_URL: redis.url, OURS_TOKEN: 'a token of ours' };
  return startSync(args, { cwd: folder, env, bundle: 'published' }).finished;
}

test('the page has a module, a config and tests for an adapter, and for one that reads changes', () => {
  const names = files.map(({ name }) => name);
  expect(names).toEqual(['adapter.ts', 'adapter.test.ts', 'recording.test.ts', 'changes.ts', 'changes.test.ts']);
  expect(section.match(/```ts/g)).toHaveLength(names.length);
  expect(JSON.parse(config).adapters.ours.type).toBe('./adapter.ts');
});

test('the modules and their tests are well typed', () => {
  const strict = { module: 'nodenext', target: 'es2024', strict: true, noEmit: true, skipLibCheck: true };
  const erasable = { erasableSyntaxOnly: true, verbatimModuleSyntax: true, allowImportingTsExtensions: true };
  write('tsconfig.json', { compilerOptions: { ...strict, ...erasable, types: ['node'] }, include: ['*.ts'] });
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' });
  expect(stdout).toBe('');
});

test('the commands of the page work: the adapter is checked, planned, read and recorded; then what changed', async () => {
  configure('./adapter.ts');
  expect((await sync('check')).exitCode).toBe(0);
  expect(party.hits).toEqual([]);
  expect((await sync('run', '--dry-run', '--json', '--wait', '5s')).json()).toMatchObject({ exitCode: 0 });
  const first = await sync('run', '--json', '--save', 'recorded/page.http');
  expect(first.json()).toMatchObject({ outcome: 'done', pages: 3, counts: { created: 5 } });
  expect(new Set(party.hits.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer a token of ours']));

  configure('./changes.ts', { mode: 'changes' });
  expect((await sync('run', '--json')).json()).toMatchObject({ pages: 1, counts: { created: 0, updated: 0 } });
  party.set({ changed: [{ id: 2, name: 'Zoë' }], deleted: ['1'] });
  const second = await sync('run', '--json', '--save', 'recorded/changes.http');
  expect(second.json()).toMatchObject({ outcome: 'done', counts: { created: 0, updated: 1, deleted: 1 } });
});

test("the page's own tests pass, with these recordings", () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const how = { cwd: folder, env, encoding: 'utf8' } as const;
  const { status, stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=tap'], how);
  expect(stdout).toMatch(/^# fail 0$/m);
  expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThan(40);
  expect(status).toBe(0);
});

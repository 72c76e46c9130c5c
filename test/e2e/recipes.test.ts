import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { getRegisteredFunctions } from '@jmespath-community/jmespath';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAnsweringThirdParty } from '../helpers/answering-third-party.ts';
import { startSync } from '../helpers/child.ts';
import { type Block, blocksOf, readPage } from '../helpers/documents.ts';
import { aRedis, type RedisServer } from '../helpers/redis.ts';
import { linkPackage } from '../helpers/tarball.ts';

// What docs/recipes.md shows: the answers of the API, what to write, and the rows that come of it.
const page = readPage('docs/recipes.md');
const blocksOfPage = blocksOf(page);
const modules = blocksOfPage.filter(({ language }) => language === 'ts');
const recipes = Object.entries(Object.groupBy(blocksOfPage, ({ section }) => section));
const folder = mkdtempSync(join(tmpdir(), 'cronsync-recipes-'));
let redis: RedisServer;
beforeAll(async () => {
  redis = await aRedis();
  linkPackage(folder);
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  for (const { label, text } of modules) writeFileSync(join(folder, label), text);
});
afterAll(async () => {
  await redis.stop();
  rmSync(folder, { recursive: true });
});

test.each(recipes)('%s', async (section, blocks = []) => {
  const answers = new Map(blocks.map(({ label, text }) => [label, text]));
  const member = (label: string) => JSON.parse(`{${textOf(label, blocks)}}`);
  await using party = await openAnsweringThirdParty(answers);
  const resources: Readonly<Record<string, Resource>> = member('resources');
  const throttle = { per: '1ms', margin: '0ms' };
  const acme = { type: 'rest', baseUrl: party.url, throttle, resources: member('adapter') };
  const name = section.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const file = join(folder, `${name}.db`);
  const config = { name, adapter: 'acme', resources, adapters: { acme }, target: { type: 'sqlite', file } };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(config));

  const sync = (...args: string[]) =>
    startSync([...args, '--config', join(folder, `${name}.json`)], { cwd: folder, env: { REDIS_URL: redis.url } })
      .finished;
  const run = await sync('run');
  expect(run).toMatchObject({ exitCode: has('rejects', blocks) ? 65 : 0 });

  using database = new DatabaseSync(file);
  expect(blocks.some(({ label }) => label.startsWith('rows'))).toBe(true);
  for (const [table, resource] of Object.entries(resources)) {
    const own = `rows of ${table}`;
    if (!has('rows', blocks) && !has(own, blocks)) continue;
    const rows = textOf(has(own, blocks) ? own : 'rows', blocks);
    expect(rowsOf(table, resource, database)).toEqual(JSON.parse(rows));
  }
  if (has('rejects', blocks))
    expect((await sync('rejects', 'list')).stdout).toContain(textOf('rejects', blocks).trim());
  if (!has('sqlite', blocks)) return;
  database.exec(textOf('sqlite', blocks));
  for (const [view, rows] of Object.entries(JSON.parse(textOf('view', blocks)))) {
    expect(database.prepare(`SELECT * FROM ${view}`).all()).toEqual(rows);
  }
});

test('the tests of the page pass', () => {
  const tests = modules.map(({ label }) => label).filter((name) => name.endsWith('.test.ts'));
  expect(tests).not.toEqual([]);
  const { status, stdout } = spawnSync(process.execPath, ['--test', ...tests], { cwd: folder, encoding: 'utf8' });
  expect(status, stdout).toBe(0);
});

test('the page names every function that there is, and no other', () => {
  const [, table = ''] = /\n\| for \| functions \|\n(.*?)\n\n/s.exec(page) ?? [];
  const named = [...table.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name);
  expect(new Set(named)).toEqual(new Set([...getRegisteredFunctions(), 'encode']));
});

interface Resource {
  readonly schema: { readonly properties: Readonly<Record<string, { readonly type: string }>> };
}

/** The rows as the page writes them: JSON as JSON, and true as true. */
function rowsOf(table: string, { schema }: Resource, database: DatabaseSync): object[] {
  const columns = Object.entries(schema.properties);
  const rows = database.prepare(`SELECT ${columns.map(([name]) => `"${name}"`)} FROM "${table}" ORDER BY rowid`).all();
  return rows.map((row) => Object.fromEntries(columns.map(([name, { type }]) => [name, shown(row[name], type)])));
}

function shown(value: unknown, type: string): unknown {
  if (type === 'boolean' && value !== null) return value === 1;
  return (type === 'array' || type === 'object') && typeof value === 'string' ? JSON.parse(value) : value;
}

function has(label: string, blocks: readonly Block[]): boolean {
  return blocks.some((block) => block.label === label);
}

function textOf(label: string, blocks: readonly Block[]): string {
  const found = blocks.find((block) => block.label === label);
  if (!found) throw new Error(`the recipe has no block "${label}"`);
  return found.text;
}

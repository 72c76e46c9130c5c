import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { startSync } from '../helpers/child.ts';
import { redis } from '../helpers/suite-redis.ts';

const example = fileURLToPath(new URL('../../examples/own-adapter/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'cronsync-examples-'));

afterAll(() => rmSync(folder, { recursive: true }));

async function aServer() {
  const child = spawn(process.execPath, [join(example, 'server.ts'), '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  return { url: String(line).trim(), [Symbol.dispose]: () => void child.kill() };
}

function sync(args: readonly string[], env: Readonly<Record<string, string>>, cwd = example) {
  const database = join(folder, 'treasury.db');
  const all = { REDIS_URL: redis.url, DATABASE: database, ...env };
  return startSync(args, { cwd, env: all, bundle: 'published' }).finished;
}

test("the example's own adapter is planned, loaded, and found unchanged", async () => {
  using server = await aServer();
  const env = { ISO_URL: server.url };

  const plan = await sync(['run', '--dry-run', '--json'], env);
  expect(plan.json<{ resources: object[] }>().resources).toMatchObject([{ counts: { created: 10 }, isComplete: true }]);
  const first = await sync(['run', '--json'], env);
  expect(first.json()).toMatchObject({ outcome: 'done', pages: 2, counts: { created: 10, updated: 0, deleted: 0 } });
  const again = await sync(['run', '--json'], env);
  expect(again.json()).toMatchObject({ outcome: 'done', pages: 2, counts: { created: 0, updated: 0, deleted: 0 } });

  using database = new DatabaseSync(join(folder, 'treasury.db'), { readOnly: true });
  const yen = database.prepare("SELECT code, name, decimals FROM currencies WHERE code = 'JPY'").get();
  expect(yen).toEqual({ code: 'JPY', name: 'Japanese yen', decimals: 0 });
});

test("the example's own tests pass: the checks of every adapter, and its recording", () => {
  const args = ['--test', '--test-reporter=tap', join(example, 'adapter.test.ts')];
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: example, env, encoding: 'utf8' });
  expect(stdout).toMatch(/^# pass 2\d$/m);
  expect(stdout).toMatch(/^# fail 0$/m);
  expect(status).toBe(0);
});

/** A module adapter in a folder of its own, beside a package `cronsync` that is this one. */
function aModule(name: string, body: string) {
  const api = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
  writeFileSync(join(folder, `${name}.mjs`), `import * as sync from ${JSON.stringify(api)};\n${body}`);
  const properties = { id: { type: 'string' } };
  const config = {
    name,
    adapter: 'ours',
    resources: { things: { key: 'id', schema: { type: 'object', properties } } },
    adapters: { ours: { type: `./${name}.mjs` } },
    target: { type: 'sqlite', file: `./${name}.db` },
  };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(config));
  return ['run', '--json', '--config', join(folder, `${name}.json`)];
}

test.each([
  ['CredentialsError', "'no entry'", 77],
  ['ConfigError', "'no tenant'", 78],
  ['ProtocolError', "'no page'", 76],
  ['ThirdPartyError', "'no answer', { backsOff: 'resource' }", 69],
])('a %s that a module adapter throws counts as what it is', async (kind, args, exitCode) => {
  const body = `export default sync.defineAdapter({ create: () => ({
    modes: () => ['snapshot'], isStable: () => true,
    async fetchPage() { throw new sync.${kind}(${args}); },
  }) });`;
  const run = await sync(aModule(`fetch-${exitCode}`, body), {}, folder);
  expect(run.exitCode).toBe(exitCode);
  expect(run.json().errors).toMatchObject([{ exitCode, message: expect.stringMatching(/^no \w+$/) }]);
});

test('options that a module adapter refuses are a config error, whatever it throws', async () => {
  const body = `export default sync.defineAdapter({ create() { throw new TypeError('tenant is missing'); } });`;
  const run = await sync(aModule('create-78', body), {}, folder);
  expect(run.exitCode).toBe(78);
  expect(run.json().errors).toMatchObject([{ message: expect.stringContaining('tenant is missing; no hit was made') }]);
});

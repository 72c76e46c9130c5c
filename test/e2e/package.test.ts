import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'cronsync-package-'));
let packed: { readonly filename: string; readonly files: readonly { readonly path: string; readonly mode: number }[] };

/** The tarball of what is built, installed in a folder of its own. */
beforeAll(async () => {
  const quiet = ['--json', '--ignore-scripts', '--pack-destination', folder];
  [packed] = JSON.parse(execFileSync('npm', ['pack', ...quiet], { cwd: root, encoding: 'utf8' }));
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}');
  const offline = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['install', ...offline, join(folder, packed.filename)], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
});

afterAll(() => rmSync(folder, { recursive: true }));

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): SpawnSyncReturns<string> {
  return spawnSync(command, args, { cwd: folder, env: { ...env, REDIS_URL: redis.url }, encoding: 'utf8' });
}

test('the tarball holds what it should, and nothing else', () => {
  const paths = packed.files.map(({ path }) => path).sort();
  const types = paths.filter((path) => /^dist\/([a-z]+\/)*[a-z-]+\.d\.ts$/.test(path));
  expect(types).toEqual(expect.arrayContaining(['dist/index.d.ts', 'dist/testing.d.ts']));
  const docs = paths.filter((path) => /^docs\/([a-z]+\.md|schemas\/[a-z-]+\.schema\.json)$/.test(path));
  expect(docs).toEqual(expect.arrayContaining(['docs/adapters.md', 'docs/schemas/run.schema.json']));
  const read = paths.filter((path) => /^(bench\/[a-z]+\.md|examples\/[\w-]+\/(recorded\/)?[\w.-]+)$/.test(path));
  expect(read).toEqual(expect.arrayContaining(['bench/halt.md', 'examples/listeners/audit.sh']));
  expect(read.filter((path) => /\.db|index\.json|audit\.log/.test(path))).toEqual([]);
  const deploy = paths.filter((path) => /^deploy\/([a-z]+\/)*[\w.-]+$/.test(path));
  const named = ['.dockerignore', 'Dockerfile', 'compose.yaml', 'cron/cronsync', 'minutely', 'systemd/cronsync.timer'];
  expect(deploy).toEqual(expect.arrayContaining(named.map((name) => `deploy/${name}`)));
  expect(paths.filter((path) => ![...types, ...docs, ...read, ...deploy].includes(path))).toEqual([
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'LICENSE',
    'README.md',
    'SECURITY.md',
    'adapters/github.json',
    'adapters/stripe.json',
    'bin/package.json',
    'bin/sync.js',
    'dist/THIRD-PARTY-NOTICES.txt',
    'dist/cli.cjs',
    'dist/cli.cjs.map',
    'dist/expression.cjs',
    'dist/expression.cjs.map',
    'dist/index.js',
    'dist/index.js.map',
    'dist/more.cjs',
    'dist/more.cjs.map',
    'dist/page/page.js',
    'dist/page/page.js.map',
    'dist/page/style.css',
    'dist/page/style.css.map',
    'dist/postgres.cjs',
    'dist/postgres.cjs.map',
    'dist/rest.cjs',
    'dist/rest.cjs.map',
    'dist/run.cjs',
    'dist/run.cjs.map',
    'dist/sbom.cdx.json',
    'dist/sqlite.cjs',
    'dist/sqlite.cjs.map',
    'dist/testing.js',
    'dist/testing.js.map',
    'dist/web.cjs',
    'dist/web.cjs.map',
    'man/cronsync.1',
    'package.json',
    'sync.config.example.json',
    'sync.schema.json',
  ]);
  expect(packed.files.find(({ path }) => path === 'bin/sync.js')?.mode).toBe(0o755);
});

test('an install brings this one package, and no other', () => {
  expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['cronsync']);
});

test.each([
  ['publint', ['--strict'], 'All good!'],
  ['attw', ['--profile', 'esm-only', '--format', 'ascii', '--no-color'], 'node16 (from ESM): 🟢 (ESM)'],
])('%s finds nothing to say about the tarball', (tool, options, verdict) => {
  const { status, stdout } = run(join(root, 'node_modules/.bin', tool), [...options, packed.filename]);
  expect(stdout).toContain(verdict);
  expect(status).toBe(0);
});

test('the tarball names the folders of its repository, and refuses Windows', () => {
  const manifest = JSON.parse(readFileSync(join(folder, 'node_modules/cronsync/package.json'), 'utf8'));
  const { homepage, bugs, repository, man, os } = manifest;
  expect(repository.url).toBe('git+https://github.com/cronsync/cronsync.git');
  for (const address of [homepage, bugs]) expect(`git+${address}`).toContain(repository.url.replace(/\.git$/, ''));
  expect(readFileSync(join(folder, 'node_modules/cronsync', man), 'utf8')).toMatch(/^\.TH "CRONSYNC" "1" /);
  expect(os).toEqual(['!win32']);
});

test.each(['sync', 'cronsync'])('installed, %s says its version', (command) => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(run('npx', ['--offline', command, '--version'])).toMatchObject({
    status: 0,
    stdout: `${version}\n`,
    stderr: '',
  });
});

test('installed, the API and the conformance kit load without any other package', () => {
  const script =
    "await import('cronsync'); const kit = await import('cronsync/testing'); console.log(Object.keys(kit).length > 0)";
  expect(run(process.execPath, ['--input-type=module', '-e', script])).toMatchObject({ status: 0, stdout: 'true\n' });
});

test('installed, every command that init prints works in a shell as printed', () => {
  const { status, stdout } = run('npx', ['--offline', 'cronsync', 'init']);
  expect(status).toBe(0);
  const commands = [...stdout.matchAll(/^ {2}\d\. (npx cronsync(?: \S+)*)/gm)].map(([, command = '']) => command);
  expect(commands).toEqual(['npx cronsync check', 'npx cronsync run --dry-run', 'npx cronsync']);
  for (const command of commands) {
    const help = run('/bin/sh', ['-c', `${command} --help`]);
    expect(help).toMatchObject({ status: 0, stdout: expect.stringContaining('Usage: cronsync') });
  }
  const hint = run('npx', ['--offline', 'sync', 'init']);
  expect(hint).toMatchObject({ status: 78, stderr: expect.stringContaining('"npx cronsync init --force"') });
  rmSync(join(folder, 'sync.config.json'));
});

test("installed, the README's cron line runs a sync, and prints nothing", () => {
  const project = join(folder, 'srv/geo');
  mkdirSync(project, { recursive: true });
  symlinkSync(join(folder, 'node_modules'), join(project, 'node_modules'));
  writeFileSync(join(project, 'cities.csv'), 'ID,Name\n1,Oslo\n2,Bergen\n');
  writeFileSync(join(project, 'sync.config.json'), JSON.stringify(csvConfig));

  const [, path = '', line = ''] =
    /^PATH=(.*)\n\* \* \* \* \* (.*)$/m.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
  const job = line.replaceAll('/srv/geo', project);
  const env = { PATH: `${dirname(process.execPath)}:${path}`, HOME: folder, NODE_COMPILE_CACHE: join(folder, 'cache') };
  expect(run('/bin/sh', ['-c', job], env)).toMatchObject({ status: 0, stdout: '', stderr: '' });
  const again = run('/bin/sh', ['-c', job.replace('--quiet', '--json')], env);
  expect(JSON.parse(again.stdout)).toMatchObject({
    outcome: 'done',
    records: 2,
    counts: { created: 0, updated: 0, deleted: 0 },
  });
  const untraced = { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
  expect(run('/bin/sh', ['-c', job.replace('--quiet', '--json')], untraced)).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(
      /^warn OpenTelemetry is asked for and not installed.*npm i @opentelemetry\/api .*\n$/,
    ),
  });
});

const csvConfig = {
  $schema: './node_modules/cronsync/sync.schema.json',
  name: 'geo',
  adapter: 'export',
  resources: {
    cities: { key: 'id', schema: { type: 'object', properties: { id: { type: 'string' }, name: { type: 'string' } } } },
  },
  adapters: {
    export: { type: 'file', resources: { cities: { path: './cities.csv', map: { id: 'ID', name: 'Name' } } } },
  },
};

test('installed, the schemas of the config and of the --json documents resolve', () => {
  const paths = ['cronsync/schema.json', 'cronsync/schemas/run.schema.json'];
  const resolve = `for (const path of ${JSON.stringify(paths)}) console.log(import.meta.resolve(path));`;
  const { status, stdout } = run(process.execPath, ['--input-type=module', '--eval', resolve]);
  expect(status).toBe(0);
  const files = stdout
    .trim()
    .split('\n')
    .map((url) => readFileSync(new URL(url), 'utf8'));
  expect(files.map((text) => JSON.parse(text).title)).toEqual(['cronsync', 'cronsync run --json']);
});

test('installed, the types of an adapter resolve, and a wrong one is found', () => {
  const example = readFileSync(join(root, 'examples/own-adapter/adapter.ts'), 'utf8');
  writeFileSync(join(folder, 'adapter.ts'), example);
  writeFileSync(join(folder, 'wrong.ts'), example.replace("mode: 'snapshot', records", "mode: 'everything', records"));
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
  const strict = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2024', '--erasableSyntaxOnly'];
  const check = (...args: string[]) => run(join(root, 'node_modules/.bin/tsc'), [...strict, ...types, ...args]);

  copyFileSync(join(root, 'examples/own-adapter/adapter.test.ts'), join(folder, 'adapter.test.ts'));
  expect(check('adapter.test.ts', '--allowImportingTsExtensions')).toMatchObject({ status: 0, stdout: '' });
  expect(check('adapter.ts')).toMatchObject({ status: 0, stdout: '' });
  expect(check('wrong.ts').stdout).toContain('"everything"');
});

test('installed after a plain npm init, the config in TypeScript of the page checks, and a wrong one is found', () => {
  const page = readFileSync(join(root, 'docs/config.md'), 'utf8');
  const [, written = ''] = /```ts sync\.config\.ts\n(.*?)```/s.exec(page) ?? [];
  const project = join(folder, 'plain');
  mkdirSync(project);
  symlinkSync(join(folder, 'node_modules'), join(project, 'node_modules'));
  execFileSync('npm', ['init', '-y'], { cwd: project, stdio: 'ignore' });
  writeFileSync(join(project, 'sync.config.ts'), written);
  writeFileSync(join(project, '.env'), 'ACME_TOKEN=secret\n');
  const shell = run('/bin/sh', ['-c', `cd ${project} && npx --offline cronsync check`]);
  expect(shell).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('env file') });

  const strict = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2024', '--ignoreConfig'];
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
  const check = (name: string, text: string) => {
    writeFileSync(join(project, name), text);
    return run(join(root, 'node_modules/.bin/tsc'), [...strict, ...types, join(project, name)]);
  };
  expect(check('right.ts', written)).toMatchObject({ status: 0, stdout: '' });
  for (const [right, wrong] of [
    ["type: 'rest'", "type: 'rset'"],
    ["type: 'bearer'", "type: 'baerer'"],
    ['path:', 'paht:'],
    ['key:', 'keys:'],
  ] as const)
    expect(check('wrong.ts', written.replace(right, wrong)).stdout).toContain('error TS');
});

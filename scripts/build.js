// Builds what the package ships: dist/cli.cjs (what a run needs before it has the lock) and its further parts (run.cjs, sqlite.cjs,
// postgres.cjs, expression.cjs, rest.cjs, more.cjs), dist/web.cjs (the page, which they load when it is asked for) with its style sheet and its script, dist/index.js and dist/testing.js with their types, the notices and the bill of materials of what is bundled, sync.schema.json, and man/cronsync.1.
// With --test: the same CLI with crash points and scaled timings, where the tests find it, as a program and as a function.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import {
  fewCommands,
  lazyBuiltins,
  lazyCluster,
  noDebug,
  noHttp2,
  optionalTelemetry,
  ownBundle,
} from './bundle-plugins.js';
import { writeNotices } from './notices.ts';
import { splitBundle } from './split-bundle.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const isTest = process.argv.includes('--test');
process.chdir(root);

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node22.18',
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
  metafile: true,
  external: ['pg-native'],
  define: { SYNC_TEST_BUILD: String(isTest) },
};

const outdir = isTest ? 'node_modules/.cache/cronsync' : 'dist';

if (!isTest) rmSync('dist', { recursive: true, force: true });
const program = {
  ...shared,
  format: 'cjs',
  outdir,
  outExtension: { '.js': '.cjs' },
  minifySyntax: true,
  minifyWhitespace: true,
};
const plugins = [
  fewCommands,
  lazyBuiltins,
  lazyCluster,
  noDebug,
  noHttp2,
  optionalTelemetry,
  ownBundle(/\/web\/page\.ts$/, './web.cjs'),
];
const command = await splitBundle({
  ...{ ...program, plugins, entry: 'src/cli/main.ts' },
  groups: {
    cli: ['src/cli/main.ts', 'src/cli/commands/run.ts'],
    run: [
      ...['src/run/run.ts', 'src/cli/open/compile-resources.ts', 'src/cli/open/third-party.ts'],
      ...['src/cli/output/progress.ts', 'src/cli/output/summary.ts'],
      ...['src/redis/stream.ts', 'src/redis/slots/slots.ts', 'src/redis/tokens.ts', 'src/redis/slots/limit-owners.ts'],
      ...['src/http/throttled.ts', 'src/http/auth.ts', 'src/http/saved-answers.ts', 'src/adapters/file/file.ts'],
    ],
    sqlite: ['src/targets/sqlite/target.ts'],
    postgres: ['src/targets/postgres/target.ts'],
    expression: ['src/jmespath.ts'],
    rest: ['src/adapters/rest/rest.ts', 'node_modules/got/dist/source/index.js'],
  },
});
if (isTest) await build({ ...program, plugins, entryPoints: { 'command-line': 'src/cli/command-line.ts' } });
const page = await build({ ...program, entryPoints: { web: 'src/web/page.ts' } });
const browser = await build({
  ...shared,
  platform: 'browser',
  target: ['chrome120', 'firefox121', 'safari17'],
  sourcemap: 'external',
  entryPoints: { page: 'src/web/browser/page.js', style: 'src/web/browser/page.css' },
  outdir: `${outdir}/page`,
  minify: true,
});

if (!isTest) {
  const api = await build({
    ...shared,
    entryPoints: ['src/index.ts', 'src/testing.ts'],
    format: 'esm',
    outdir: 'dist',
  });
  writeNotices([command, ...[page, browser, api].map(({ metafile }) => metafile)]);
  run('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json']);
  if (existsSync('scripts/schema.ts')) run(process.execPath, ['scripts/schema.ts']);
  run(process.execPath, ['scripts/man-page/write.ts']);
}

function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

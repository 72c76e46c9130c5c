// Proves that the linter keeps the layers and finds import cycles, because a rule that never fires looks like a clean tree.
// Plants one import per layer and one cycle in a temporary folder, and expects exactly the forbidden imports to be reported.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Outcome {
  readonly passed: boolean;
  /** What a person should read. */
  readonly output: string;
}

export interface ToolOutcome extends Outcome {
  /** Only stdout: text from stderr could be in the middle of a line. */
  readonly stdout: string;
}

type Tool = (name: string, args: readonly string[], cwd: string) => Promise<ToolOutcome>;

const forbidden: readonly (readonly [file: string, imported: string])[] = [
  ['src/planted.ts', './run/run.ts'],
  ['src/planted.ts', './redis/lock.ts'],
  ['src/planted.ts', './index.ts'],
  ['src/planted.ts', 'got'],
  ...[
    'config',
    'http',
    'redis',
    'records',
    'adapters',
    'targets',
    'listeners',
    'telemetry',
    'metrics',
    'run',
    'pass',
    'match',
    'relay',
    'dry-run',
    'verify',
    'verdict',
    'listen',
    'act',
    'init',
    'web',
  ].flatMap((folder) => [
    [`src/${folder}/planted.ts`, '../elsewhere/some.ts'] as const,
    [`src/${folder}/planted.ts`, '../cli/main.ts'] as const,
    [`src/${folder}/planted.ts`, '../index.ts'] as const,
    [`src/${folder}/planted.ts`, 'commander'] as const,
  ]),
  ['src/adapters/rest/planted.ts', '../../http/client.ts'],
  ['src/adapters/rest/planted.ts', 'got'],
  ['src/targets/sqlite/planted.ts', '../../pass/plan.ts'],
  ['src/targets/sqlite/rows/planted.ts', '../../../pass/plan.ts'],
  ['src/config/schema/planted.ts', '../../http/client.ts'],
  ['src/redis/connection/planted.ts', '../../relay/relay.ts'],
  ['src/relay/planted.ts', '../run/run.ts'],
  ['src/match/planted.ts', '../pass/batches.ts'],
  ['src/match/planted.ts', '../pass/resource.ts'],
  ['src/match/planted.ts', '../run/context.ts'],
  ['src/init/planted.ts', '../config/load.ts'],
  ['src/init/answer/planted.ts', '../../config/load.ts'],
  ['src/pass/planted.ts', '../run/run.ts'],
  ['src/run/planted.ts', '../dry-run/dry-pass.ts'],
  ['src/dry-run/planted.ts', '../run/run.ts'],
  ['src/verify/planted.ts', '../run/run.ts'],
  ['src/verdict/problems/planted.ts', '../../run/run.ts'],
  ['src/act/planted.ts', '../run/run.ts'],
  ['src/act/planted.ts', '../listen/daemon.ts'],
  ['src/http/planted.ts', 'ioredis'],
  ['src/redis/planted.ts', 'got'],
  ['src/cli/planted.ts', '@opentelemetry/api'],
  ['src/run/planted.ts', '@opentelemetry/api'],
  ['src/planted.ts', '@opentelemetry/sdk-trace'],
  ['src/run/planted.ts', 'cosmiconfig'],
  ['src/config/planted.ts', 'chalk'],
  ['src/cli/planted.ts', '../index.ts'],
  ['src/cli/commands/planted.ts', '../../index.ts'],
  ['src/cli/planted.ts', 'ioredis'],
  ['src/cli/planted.ts', '../testing.ts'],
  ['src/run/planted.ts', '../testing.ts'],
  ['src/web/screens/planted.tsx', '../../redis/stream.ts'],
  ['src/web/screens/planted.tsx', '../../cli/main.ts'],
  ['src/testing/planted.ts', '../run/run.ts'],
  ['src/testing/planted.ts', 'got'],
  ['src/index.ts', 'got'],
];

const allowed: typeof forbidden = [
  ['src/planted.ts', './errors.ts'],
  ['src/config/planted.ts', '../errors.ts'],
  ['src/config/planted.ts', 'cosmiconfig'],
  ['src/http/planted.ts', 'got'],
  ['src/redis/planted.ts', 'ioredis'],
  ['src/telemetry/planted.ts', '@opentelemetry/api'],
  ['src/metrics/planted.ts', '../verdict/facts.ts'],
  ['src/run/planted.ts', '../pass/plan.ts'],
  ['src/match/planted.ts', '../record.ts'],
  ['src/pass/planted.ts', '../run/context.ts'],
  ['src/dry-run/planted.ts', '../run/summary.ts'],
  ['src/config/schema/planted.ts', '../../errors.ts'],
  ['src/config/schema/planted.ts', '../paths.ts'],
  ['src/adapters/rest/planted.ts', '../../errors.ts'],
  ['src/targets/sqlite/planted.ts', '../sql/batch.ts'],
  ['src/cli/commands/planted.ts', '../../redis/lock.ts'],
  ['src/cli/planted.ts', 'commander'],
  ['src/web/planted.ts', '../verdict/judge.ts'],
  ['src/web/screens/planted.tsx', '../../verdict/judge.ts'],
  ['src/web/screens/planted.tsx', '../../errors.ts'],
  ['src/testing/planted.ts', '../http/throttled.ts'],
  ['src/testing/planted.ts', '../errors.ts'],
];

/** Two files that import each other, each for a type only. */
const cycle: readonly (readonly [file: string, imported: string])[] = [
  ['src/cycle-a.ts', './cycle-b.ts'],
  ['src/cycle-b.ts', './cycle-a.ts'],
];

/** Passes if the linter reports every forbidden import, static and dynamic, and the planted cycle, and no allowed import. */
export async function checkLayers(tool: Tool): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'cronsync-layers-'));
  try {
    copyFileSync(fileURLToPath(new URL('../biome.json', import.meta.url)), join(folder, 'biome.json'));
    const planted = [...plant(folder, forbidden, 2), ...plant(folder, allowed, 0), ...plantCycle(folder)];
    const reported = await lint(tool, folder);
    const wrong = planted.filter(({ file, expected }) => countOf(file, reported) !== expected);
    return { passed: wrong.length === 0, output: wrong.map(complaintOf).join('\n') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Planted {
  readonly file: string;
  readonly imported: string;
  /** How many of its imports the linter must report. */
  readonly expected: number;
}

function plant(folder: string, imports: typeof forbidden, expected: number): Planted[] {
  return imports.map(([name, imported], at) => {
    const file = name.replace('planted', `planted-${expected}-${at}`);
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `import '${imported}';\nawait import('${imported}');\n`);
    return { file, imported, expected };
  });
}

function plantCycle(folder: string): Planted[] {
  return cycle.map(([file, imported]) => {
    writeFileSync(
      join(folder, file),
      `import type { Planted as Other } from '${imported}';\nexport type Planted = Other[];\n`,
    );
    return { file, imported, expected: 1 };
  });
}

async function lint(tool: Tool, folder: string): Promise<readonly string[]> {
  const only = ['--only=style/noRestrictedImports', '--only=suspicious/noImportCycles'];
  const args = ['lint', ...only, '--vcs-enabled=false', '--max-diagnostics=none', '--reporter=json', '.'];
  const { stdout } = await tool('biome', args, folder);
  const { diagnostics }: { readonly diagnostics: readonly { readonly location: { readonly path: string } }[] } =
    JSON.parse(stdout);
  return diagnostics.map(({ location }) => location.path);
}

function countOf(file: string, reported: readonly string[]): number {
  return reported.filter((path) => path.endsWith(file)).length;
}

function complaintOf({ file, imported, expected }: Planted): string {
  const rule =
    expected === 0 ? 'must be allowed, and the linter refuses it' : 'must be refused, and the linter allows it';
  return `  biome.json: an import of ${imported} in ${dirname(file)}/ ${rule}`;
}

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aRedis, type RedisServer } from '../helpers/redis.ts';
import { aCustomer, aProject, customers, type Project } from '../helpers/sync.ts';

// Most tests run their commands in the test's own process. Each command is run here in a process of its own as well, and
// must print the same and exit with the same code.

let redis: RedisServer;
beforeAll(async () => {
  redis = await aRedis();
});
afterAll(() => redis.stop());

/** A command and its exit code. */
const commands: readonly (readonly [line: string, exitCode: number])[] = [
  ['--help', 0],
  ['--version', 0],
  ['frobnicate', 64],
  ['run --wait soon', 64],
  ['', 0],
  ['run --quiet', 0],
  ['run --dry-run --detailed-exitcode', 2],
  ['run --log-level debug --full', 0],
  ['swap --to acme --dry-run', 0],
  ['status', 0],
  ['check --json', 0],
  ['events --since 2', 0],
  ['rejects list', 0],
  ['rejects show 1', 0],
  ['unlock --yes', 0],
  ['unlock', 0],
  ['outbox rebase --yes', 0],
  ['listen --once', 69],
  ['listener drop audit --yes', 0],
  ['dead list', 0],
  ['dead show nothing', 64],
  ['dead replay --listener audit', 0],
  ['dead drop --listener audit --yes', 0],
  ['init --config another.json', 0],
  ['init --config sync.config.json', 78],
  ['schema', 0],
];

test.each(commands)('"%s" prints the same in a process of its own and exits with the same code', async (line, code) => {
  const args = line.split(' ').filter(Boolean);
  await using one = await aLoadedProject();
  const inProcess = await one.sync(args);
  await using other = await aLoadedProject();
  const inItsOwn = await other.start(args).finished;

  expect(inItsOwn.exitCode).toBe(code);
  expect(withoutNumbers(inItsOwn, other)).toEqual(withoutNumbers(inProcess, one));
});

test('the published program runs, and its version is that of the package', async () => {
  await using project = await aProject({ redis, records: customers(3), ttl: '60s' });
  const version = await project.sync(['--version'], { bundle: 'published' });
  const packageFile = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  expect(version.stdout).toBe(`${JSON.parse(packageFile).version}\n`);
  const run = await project.sync(['run', '--json'], { bundle: 'published' });
  expect(run.json()).toMatchObject({ outcome: 'done', counts: { created: 3 } });
});

/** It has rows, a reject, events that a listener cannot deliver, and differences that the next run finds. */
async function aLoadedProject(): Promise<Project> {
  const project = await aProject({
    redis,
    records: [...customers(6), { ...aCustomer(7), status: { not: 'a text' } }],
    config: ({ resources, ...config }) => ({
      ...config,
      resources: { customers: { ...resources.customers, rejects: '50%' } },
      listeners: { audit: { on: ['*'], from: 'beginning', type: 'exec', command: ['false'] } },
    }),
  });
  expect((await project.sync()).exitCode).toBe(0);
  project.serve([...customers(8, 2), { ...aCustomer(7), status: { not: 'a text' } }]);
  return project;
}

/** What it printed, without what is another in each project and at each time. */
function withoutNumbers(
  { exitCode, stdout, stderr }: { exitCode: number | null; stdout: string; stderr: string },
  { dir, name }: Project,
) {
  const plain = (text: string) =>
    text
      .replaceAll(dir, 'DIR')
      .replaceAll(name, 'NAME')
      .replaceAll(/[0-9a-f]{12,}/g, 'HEX')
      .replaceAll('just now', '0 s ago')
      .replaceAll(/\b\d[\d.:TZ-]*(ms|s|m|h)?\b( (ms|s|min)\b)?/g, 'N')
      .replaceAll(/(N )+N/g, 'N')
      .replaceAll(/ +/g, ' ');
  return { exitCode, stdout: plain(stdout), stderr: plain(stderr) };
}

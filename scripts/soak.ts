// `npm run test:soak [-- COUNT]`: the suites that need longer than `npm test` gives them, at their full length; COUNT random
// schedules of faults, each from a seed of its own, by default 500. `npm run test:long` is the same with 30, in some sixteen minutes.
// Then suites that `npm test` runs on one Redis run on one that sentinels watch, and on a cluster; and those of Redis run on
// each server that cronsync is tested on: Redis 7 and 8, Valkey 8 and 9, from Debian's suites.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { redisServers } from './redis-server.ts';

/** One run of vitest. */
interface Round {
  readonly env: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  /** Only tests whose titles contain this. */
  readonly title?: string;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const [count = '500'] = process.argv.slice(2);

if (!/^[1-9]\d*$/.test(count)) {
  console.error(`soak: "${count}" is not a number of schedules`);
  process.exit(64);
}
const reports = 'node_modules/.cache/long-reports';
const inFull: Round = {
  env: {
    ...{ SYNC_LONG: 'yes', SYNC_SEEDS: count, SYNC_HOSTS_SECONDS: '120', SYNC_RUNS: '40' },
    ...{ SYNC_CITIES: 'all', SYNC_EVENTS: '12000' },
  },
  files: [...endToEnd('hosts', 'schedule-faults', 'schedules', 'cities', 'listen-chaos'), '.long.test.ts'],
};
const contracts = ['lock', 'slots/slots', 'stream', 'consumer'].map((name) => `test/redis/${name}.test.ts`);
const onShapes = ['sentinel', 'cluster'].flatMap((shape): Round[] => {
  const env = { SYNC_REDIS_SHAPE: shape };
  return [
    { env, files: contracts, title: 'contract: redis' },
    { env, files: endToEnd('passes', 'dry-run', 'fence', 'listen') },
  ];
});
const connections = ['cluster', 'connection', 'login', 'sentinel', 'tls'].map(
  (name) => `test/redis/connection/${name}.test.ts`,
);
const onServers = redisServers.map((server): Round => {
  const env = { SYNC_REDIS_SERVER: server };
  return { env, files: ['test/redis/server.test.ts', ...contracts, ...connections, ...endToEnd('listen-redis')] };
});

for (const [at, round] of [inFull, ...onShapes, ...onServers].entries()) {
  process.exitCode = Math.max(Number(process.exitCode ?? 0), await play(round, `${reports}/${at + 1}.json`));
}

function endToEnd(...names: readonly string[]): string[] {
  return names.map((name) => `test/e2e/${name}.test.ts`);
}

/** The exit status of vitest. */
async function play({ env, files, title }: Round, report: string): Promise<number> {
  const missing = files.find((file) => file.startsWith('test/') && !existsSync(`${root}/${file}`));
  if (missing !== undefined) throw new Error(`a round names ${missing}, which is not a file`);
  const reporter = process.env.CI ? [] : ['--reporter', 'verbose'];
  const args = ['run', ...reporter, ...files, ...(title === undefined ? [] : ['-t', title])];
  const tests = spawn(`${root}node_modules/.bin/vitest`, args, {
    cwd: root,
    env: { ...env, SYNC_REPORT: report, ...process.env },
    stdio: 'inherit',
  });
  const [status] = await once(tests, 'close');
  return status ?? 1;
}

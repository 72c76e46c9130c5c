// `npm run test:soak [-- COUNT]`: the suites that need longer than `npm test` gives them, at their full length; COUNT random
// schedules of faults, each from a seed of its own, by default 500. `npm run test:long` is the same with 30, in some five minutes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [count = '500'] = process.argv.slice(2);

if (!/^[1-9]\d*$/.test(count)) {
  console.error(`soak: "${count}" is not a number of schedules`);
  process.exit(64);
}
const files = ['hosts', 'schedule-faults', 'schedules', 'cities', 'listen-chaos'].map(
  (name) => `test/e2e/${name}.test.ts`,
);
const inFull = {
  SYNC_LONG: 'yes',
  SYNC_SEEDS: count,
  SYNC_HOSTS_SECONDS: '120',
  SYNC_RUNS: '40',
  SYNC_CITIES: 'all',
  SYNC_EVENTS: '12000',
};
const report = 'node_modules/.cache/long-report.json';
const args = ['run', ...(process.env.CI ? [] : ['--reporter', 'verbose']), ...files, '.long.test.ts'];
const tests = spawn(`${root}node_modules/.bin/vitest`, args, {
  cwd: root,
  env: { ...inFull, SYNC_REPORT: report, ...process.env },
  stdio: 'inherit',
});
const [status] = await once(tests, 'close');
process.exitCode = status ?? 1;

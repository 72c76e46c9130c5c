// `npm run test:soak [-- COUNT]`: random schedules of faults, each from a seed of its own, by default 500.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [count = '500'] = process.argv.slice(2);

if (!/^[1-9]\d*$/.test(count)) {
  console.error(`soak: ${count} is not a number of schedules`);
  process.exit(64);
}
const args = ['run', '--project', 'faults', '--reporter', 'verbose', 'test/e2e/schedule-faults.test.ts'];
const tests = spawn(`${root}node_modules/.bin/vitest`, args, {
  cwd: root,
  env: { ...process.env, SYNC_SEEDS: count },
  stdio: 'inherit',
});
const [status] = await once(tests, 'close');
process.exitCode = status ?? 1;

declare const SYNC_TEST_BUILD: boolean | undefined;

/** Whether this is the bundle that the tests run; the published one has neither crash points nor scaled timings. */
export const isTestBuild: boolean = typeof SYNC_TEST_BUILD !== 'undefined' && SYNC_TEST_BUILD;

let visits = 0;

/**
 * In the test build, `SYNC_CRASH_AT=<name>[:n[:signal]]` kills the process at the n-th visit of this point, as `kill -9`
 * would; with a signal, that one is sent instead: SIGSTOP pauses it right here.
 */
export function crashPoint(name: string): void {
  if (!isTestBuild) return;
  const [at, nth = '1', signal = 'SIGKILL'] = (process.env.SYNC_CRASH_AT ?? '').split(':');
  if (at !== name) return;
  visits += 1;
  if (visits === Number(nth)) process.kill(process.pid, signal);
}

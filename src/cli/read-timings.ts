import type { Config } from '../config/schema/schema.ts';
import { isTestBuild } from '../crash.ts';
import { defaultTimings, type Timings } from '../timings.ts';

/** A server beside this process leaves it free while it writes, so that its batches may be longer than a file's. */
const serverBatchMs = 100;

/** The protocol's constants; in the test build, `SYNC_TIMINGS` (JSON) scales some of them. */
export function readTimings(env: NodeJS.ProcessEnv, { type }: Config['target']): Timings {
  const timings = type === 'sqlite' ? defaultTimings : { ...defaultTimings, batchMs: serverBatchMs };
  if (!isTestBuild || !env.SYNC_TIMINGS) return timings;
  return { ...timings, ...JSON.parse(env.SYNC_TIMINGS) };
}

import type { Config } from '../../config/schema/schema.ts';
import { isTestBuild } from '../../crash.ts';
import { defaultTimings, type Timings } from '../../timings.ts';

/** A database server does its work outside this process, so its batches may take longer than those of a file. */
const serverBatchMs = 100;

/** The protocol's constants; in the test build, `SYNC_TIMINGS` (JSON) scales some of them. */
export function readTimings(env: NodeJS.ProcessEnv, { type }: Config['target']): Timings {
  const timings = type === 'sqlite' ? defaultTimings : { ...defaultTimings, batchMs: serverBatchMs };
  if (!isTestBuild || !env.SYNC_TIMINGS) return timings;
  return { ...timings, ...JSON.parse(env.SYNC_TIMINGS) };
}

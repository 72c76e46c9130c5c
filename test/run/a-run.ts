import type { Adapter } from '../../src/adapter.ts';
import type { Lease } from '../../src/lock.ts';
import { silentLog } from '../../src/log.ts';
import { BatchSize } from '../../src/pass/page/batches.ts';
import { noProgressShown } from '../../src/progress.ts';
import type { RunContext, ThirdParty } from '../../src/run/context.ts';
import { Timeline } from '../../src/run/timeline.ts';
import type { Target } from '../../src/target.ts';
import { defaultTimings } from '../../src/timings.ts';

const never = new AbortController().signal;

/** A lease that is never lost. */
export const aLease: Lease = { signal: never, isTrusted: () => true, release: async () => {} };

/** A third party that an adapter reads without a hit; by default it has no page either. */
export function thirdPartyOf(name: string, adapter: Partial<Adapter> = {}): ThirdParty {
  return {
    name,
    adapter: {
      modes: () => ['snapshot'],
      isStable: () => false,
      fetchPage: () => Promise.reject(new Error('no page is expected')),
      ...adapter,
    },
    openHttp: () => ({ request: () => Promise.reject(new Error('no hit is expected')) }),
  };
}

/** The context of a run that writes to this target, and relays nothing. */
export function aRun(target: Target, changes: Partial<RunContext> = {}): RunContext {
  return {
    thirdParty: thirdPartyOf('acme'),
    target,
    lease: aLease,
    signal: never,
    log: silentLog,
    progress: noProgressShown,
    timings: withBusyMs(1000),
    batchSize: new BatchSize(40),
    events: { source: '/test', onRemap: 'emit', maker: { run: '3f2a90c41b7e', adapter: 'acme' } },
    perMs: 60_000,
    now: Date.now,
    onHit() {},
    timeline: new Timeline(),
    warn() {},
    committed: async () => {},
    ...changes,
  };
}

/** Timings with this long to try again what the system holds locked. */
export function withBusyMs(targetBusyMs: number): RunContext['timings'] {
  return { ...defaultTimings, targetBusyMs };
}

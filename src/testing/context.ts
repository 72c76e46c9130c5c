import type { AdapterContext } from '../adapter.ts';
import { createThrottledClient } from '../http/throttled.ts';
import { silentLog } from '../log.ts';
import type { SlotKeeper } from '../throttle.ts';
import { defaultTimings } from '../timings.ts';

/** The context of an adapter in a test, which also reports what the adapter did with it. */
export interface TestContext extends AdapterContext {
  /** How many slots were taken. This is one for each hit, if every request was made with `http`. */
  taken(): number;
  /** Each back-off that the third party asked for, in milliseconds. */
  deferred(): readonly number[];
}

/** The real HTTP client for a third party at this URL. A slot is always free, and slots are counted. */
export function openTestContext(url: string, signal: AbortSignal = new AbortController().signal): TestContext {
  const slots = new Set<string>();
  const deferred: number[] = [];
  const keeper: SlotKeeper = {
    take: async ({ id }) => {
      slots.add(id);
      return { granted: true };
    },
    settle: async () => {},
    postpone: async () => {},
    cancel: async ({ id }) => void slots.delete(id),
    defer: async (_key, forMs) => void deferred.push(forMs),
    resume: async () => {},
  };
  return {
    http: anHttpClient(url, keeper, signal),
    log: silentLog,
    signal,
    taken: () => slots.size,
    deferred: () => deferred,
  };
}

function anHttpClient(url: string, keeper: SlotKeeper, signal: AbortSignal): AdapterContext['http'] {
  return createThrottledClient({
    throttle: { windows: [{ hits: 1, perMs: 1 }], keepers: [keeper], waitMs: 0 },
    credentials: { origins: [new URL(url).origin], authorize: (request) => request, mask: (text) => text, digest: '' },
    transport: { timeoutMs: 5000, maxBody: 64 * 1024 * 1024, userAgent: 'cronsync/testing' },
    run: { signal, log: silentLog, mayStillSend: () => true, moved: {}, failures: 0 },
    timings: defaultTimings,
  });
}

import type {
  CredentialOptions,
  RunOptions,
  ThrottledClientOptions,
  ThrottleOptions,
} from '../../src/http/throttled.ts';
import { silentLog } from '../../src/log.ts';
import { defaultTimings } from '../../src/timings.ts';

/** Any option of any group. */
export type AnyOption = Partial<
  ThrottleOptions &
    CredentialOptions &
    RunOptions &
    ThrottledClientOptions['transport'] &
    Pick<ThrottledClientOptions, 'timings'>
>;

/** Options of a throttled client without keepers, in their groups, but for those that a test gives. */
export function clientOptions(given: AnyOption = {}): ThrottledClientOptions {
  const { windows = [{ hits: 1, perMs: 60_000, marginMs: 100 }], keepers = [], waitMs = 0, key, onWait } = given;
  const { origins = [], authorize = (request) => request, digest = 'ours', mask = (text) => text, token } = given;
  const { timeoutMs = 5000, maxBody = 1_000_000, userAgent = 'cronsync/1.2.3' } = given;
  const { signal = new AbortController().signal, log = silentLog, mayStillSend = () => true } = given;
  const { moved = {}, failures = 0, onHit, timings = defaultTimings } = given;
  return {
    throttle: { windows, keepers, waitMs, key, onWait },
    credentials: { origins, authorize, digest, mask, token },
    transport: { timeoutMs, maxBody, userAgent },
    run: { signal, log, mayStillSend, moved, failures, onHit },
    timings,
  };
}

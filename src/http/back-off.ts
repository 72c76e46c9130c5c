import { retryAfterMs } from '../retry-after.ts';
import { type Headers, zeroLeftMs } from './rate-limit.ts';

/** What bounds a back-off, in milliseconds. */
export interface BackOffBounds {
  readonly perMs: number;
  readonly backOffCapMs: number;
  readonly retryAfterCapMs: number;
}

/**
 * How long the third party asks us to stay away (RFC 9110 section 10.2.3, and the RateLimit headers), within
 * [`perMs`, `retryAfterCapMs`]; undefined if it does not say, or sends garbage.
 */
export function askedMs(headers: Headers, now: number, bounds: BackOffBounds): number | undefined {
  const asked = [askedByRetryAfterMs(headers, now), zeroLeftMs(headers, now)].filter((ms) => ms !== undefined);
  return asked.length === 0 ? undefined : clamp(Math.max(...asked), bounds);
}

/** As `askedMs`, for an answer that succeeded: only RateLimit headers with nothing left count. */
export function askedAfterSuccessMs(headers: Headers, now: number, bounds: BackOffBounds): number | undefined {
  const asked = zeroLeftMs(headers, now);
  return asked === undefined ? undefined : clamp(asked, bounds);
}

/** The back-off of our own: `perMs` doubled with each consecutive failure, capped, with full jitter. `random` is in [0, 1). */
export function backOffMs(failures: number, random: number, { perMs, backOffCapMs }: BackOffBounds): number {
  const most = Math.min(backOffCapMs, perMs * 2 ** Math.min(failures, 5));
  return Math.max(perMs, Math.ceil(random * most));
}

function clamp(ms: number, { perMs, retryAfterCapMs }: BackOffBounds): number {
  return Math.max(perMs, Math.min(Math.ceil(ms), retryAfterCapMs));
}

function askedByRetryAfterMs(headers: Headers, now: number): number | undefined {
  return retryAfterMs({ retryAfter: headers['retry-after'], date: headers.date }, now);
}

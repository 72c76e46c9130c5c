import { answeredAt, retryAfterMs } from '../retry-after.ts';

/** Response headers, names in lower case. */
export type Headers = Readonly<Record<string, string | undefined>>;

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

/** When the quota is restored, if the headers say that nothing is left: `RateLimit`, or the older pair, with or without `X-`. */
function zeroLeftMs(headers: Headers, now: number): number | undefined {
  const policies = structuredMs(headers.ratelimit ?? '');
  const pairs = ['ratelimit', 'x-ratelimit', 'x-rate-limit'].map((name) => {
    if (headers[`${name}-remaining`]?.trim() !== '0') return undefined;
    return resetMs(headers[`${name}-reset`]?.trim() ?? '', answeredAt(headers.date, now));
  });
  const all = [policies, ...pairs].filter((ms) => ms !== undefined);
  return all.length === 0 ? undefined : Math.max(...all);
}

/** `"burst";r=0;t=30, "day";r=9;t=3600` (draft-ietf-httpapi-ratelimit-headers-10), or the older `remaining=0, reset=30`. */
function structuredMs(text: string): number | undefined {
  const nothingLeft = text.search(/\bremaining=0\b/);
  const older = nothingLeft === -1 ? undefined : /\breset=(\d+)/.exec(text.slice(nothingLeft))?.[1];
  if (older !== undefined) return Number(older) * 1000;
  const policies = text.match(/(?:"[^"]*"|[^",])+/g) ?? [];
  const resets = policies
    .filter((policy) => /;\s*r=0(?![\d.])/.test(policy))
    .map((policy) => /;\s*t=(\d+)/.exec(policy)?.[1])
    .filter((seconds) => seconds !== undefined);
  return resets.length === 0 ? undefined : Math.max(...resets.map(Number)) * 1000;
}

/** Seconds from now, or a time since the epoch in seconds or milliseconds: APIs use all three. */
function resetMs(text: string, now: number): number | undefined {
  if (!/^\d+(\.\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  if (value > 1e12) return Math.max(0, value - now);
  if (value > 1e9) return Math.max(0, value * 1000 - now);
  return value * 1000;
}

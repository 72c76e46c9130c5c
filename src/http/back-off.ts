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
 * [`perMs`, `retryAfterCapMs`]; undefined if it does not say, or says garbage.
 */
export function askedMs(headers: Headers, now: number, bounds: BackOffBounds): number | undefined {
  const asked = [retryAfterMs(headers, now), zeroLeftMs(headers, now)].filter((ms) => ms !== undefined);
  return asked.length === 0 ? undefined : clamp(Math.max(...asked), bounds);
}

/** As `askedMs`, for an answer that succeeded: only the RateLimit headers that say zero left count. */
export function askedAfterSuccessMs(headers: Headers, now: number, bounds: BackOffBounds): number | undefined {
  const asked = zeroLeftMs(headers, now);
  return asked === undefined ? undefined : clamp(asked, bounds);
}

/** The back-off of our own: `perMs` doubled with each failure in a row, capped, with full jitter. `random` is in [0, 1). */
export function backOffMs(failures: number, random: number, { perMs, backOffCapMs }: BackOffBounds): number {
  const most = Math.min(backOffCapMs, perMs * 2 ** Math.min(failures, 5));
  return Math.max(perMs, Math.ceil(random * most));
}

function clamp(ms: number, { perMs, retryAfterCapMs }: BackOffBounds): number {
  return Math.max(perMs, Math.min(Math.ceil(ms), retryAfterCapMs));
}

/** Of several values the longest counts. A date is compared with the response's own `Date`: their clock, not ours. */
function retryAfterMs(headers: Headers, now: number): number | undefined {
  const text = headers['retry-after']?.trim();
  if (text === undefined) return undefined;
  if (/^\d+(\.\d+)?(\s*,\s*\d+(\.\d+)?)*$/.test(text)) return Math.max(...text.split(',').map(Number)) * 1000;
  const date = httpDate(text);
  return date === undefined ? undefined : Math.max(0, date - serverNow(headers, now));
}

function serverNow(headers: Headers, now: number): number {
  return httpDate(headers.date ?? '') ?? now;
}

/** All three forms of RFC 9110 section 5.6.7. `Date.parse` alone takes `-5` and `1e99` for dates. */
function httpDate(text: string): number | undefined {
  if (!/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? [\w: -]+$/.test(text)) return undefined;
  const date = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(date) ? undefined : date;
}

/** When the quota comes back, if the headers say that none is left: `RateLimit`, or the older pair, with or without `X-`. */
function zeroLeftMs(headers: Headers, now: number): number | undefined {
  const policies = structuredMs(headers.ratelimit ?? '');
  const pairs = ['ratelimit', 'x-ratelimit', 'x-rate-limit'].map((name) => {
    if (headers[`${name}-remaining`]?.trim() !== '0') return undefined;
    return resetMs(headers[`${name}-reset`]?.trim() ?? '', serverNow(headers, now));
  });
  const all = [policies, ...pairs].filter((ms) => ms !== undefined);
  return all.length === 0 ? undefined : Math.max(...all);
}

/** `"burst";r=0;t=30, "day";r=9;t=3600` (draft-ietf-httpapi-ratelimit-headers-10), or the older `remaining=0, reset=30`. */
function structuredMs(text: string): number | undefined {
  const older = /\bremaining=0\b.*\breset=(\d+)/.exec(text)?.[1];
  if (older !== undefined) return Number(older) * 1000;
  const policies = text.match(/(?:"[^"]*"|[^",])+/g) ?? [];
  const resets = policies
    .filter((policy) => /;\s*r=0(?![\d.])/.test(policy))
    .map((policy) => /;\s*t=(\d+)/.exec(policy)?.[1])
    .filter((seconds) => seconds !== undefined);
  return resets.length === 0 ? undefined : Math.max(...resets.map(Number)) * 1000;
}

/** Seconds from now, or the time itself since the epoch, in seconds or milliseconds: in use are all three. */
function resetMs(text: string, now: number): number | undefined {
  if (!/^\d+(\.\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  if (value > 1e12) return Math.max(0, value - now);
  if (value > 1e9) return Math.max(0, value * 1000 - now);
  return value * 1000;
}

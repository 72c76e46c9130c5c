import type { ThrottleDraft } from '../draft.ts';
import type { Answer } from './answer.ts';

export interface ThrottleFound {
  readonly throttle: ThrottleDraft;
  /** Where it was found. */
  readonly because: string;
}

/**
 * The limit that the API states in its headers; null if it states none, or not over which time. `RateLimit-Policy` and
 * `RateLimit` are those of draft-ietf-httpapi-ratelimit-headers; `X-RateLimit-*` are what GitHub and others send.
 */
export function throttleOf({ headers }: Pick<Answer, 'headers'>): ThrottleFound | null {
  return fromPolicy(headers) ?? fromLegacy(headers);
}

type Headers = Answer['headers'];

/** `"default";q=100;w=60`, or as in the older drafts `100;w=60`. Of several the strictest counts: the fewest hits a second. */
function fromPolicy(headers: Headers): ThrottleFound | null {
  const named = ['ratelimit-policy', 'ratelimit-limit', 'ratelimit'].flatMap((name) => {
    const text = headers[name];
    return text === undefined ? [] : text.split(',').map((part) => ({ name, part }));
  });
  const found = named.flatMap(({ name, part }) => {
    const seconds = Number(/;\s*w=(\d+)/i.exec(part)?.[1]);
    const hits = Number(/;\s*q=(\d+)/i.exec(part)?.[1] ?? /^\s*(\d+)\s*;/.exec(part)?.[1]);
    return isLimit(hits, seconds) ? [{ hits, seconds, because: `the header ${name}` }] : [];
  });
  const [strictest] = found.toSorted((a, b) => a.hits / a.seconds - b.hits / b.seconds || b.seconds - a.seconds);
  return strictest
    ? { throttle: { hits: strictest.hits, per: `${strictest.seconds}s` }, because: strictest.because }
    : null;
}

/** The usual windows, in seconds. */
const windows = [1, 10, 60, 300, 600, 900, 3600, 86_400];

/**
 * A window's length shows only in the first hit of it: then all that is left until it ends is nearly the whole window.
 * Otherwise nothing is assumed.
 */
function fromLegacy(headers: Headers): ThrottleFound | null {
  const read = (name: string) =>
    headers[`x-ratelimit-${name}`] ?? headers[`x-rate-limit-${name}`] ?? headers[`ratelimit-${name}`];
  const [limit, remaining, reset] = [read('limit'), read('remaining'), read('reset')].map((text) =>
    Number(text ?? Number.NaN),
  );
  if (limit === undefined || remaining === undefined || reset === undefined || limit - remaining !== 1) return null;
  const answeredAt = Date.parse(headers.date ?? '') / 1000;
  const left = reset > 1_000_000_000 ? reset - answeredAt : reset;
  const seconds = windows.find((window) => left > window * 0.9 && left <= window + 2);
  if (seconds === undefined || !isLimit(limit, seconds)) return null;
  return { throttle: { hits: limit, per: `${seconds}s` }, because: 'the headers X-RateLimit-*' };
}

function isLimit(hits: number, seconds: number): boolean {
  return (
    Number.isSafeInteger(hits) &&
    hits > 0 &&
    hits <= 1_000_000 &&
    Number.isSafeInteger(seconds) &&
    seconds > 0 &&
    seconds <= 31_536_000
  );
}

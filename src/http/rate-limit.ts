import { type BareItem, type Parameters, parseDictionary, parseList } from 'structured-headers';
import { answeredAt } from '../retry-after.ts';

/** Response headers, names in lower case. */
export type Headers = Readonly<Record<string, string | undefined>>;

/**
 * When the quota is restored, in milliseconds from now, if the headers say that nothing is left: `RateLimit` with
 * `RateLimit-Policy`, or the older pair of fields, with or without `X-`. Undefined if they do not say, or are garbage. Pure.
 */
export function zeroLeftMs(headers: Headers, now: number): number | undefined {
  const pairs = ['ratelimit', 'x-ratelimit', 'x-rate-limit'].map((name) => {
    if (headers[`${name}-remaining`]?.trim() !== '0') return undefined;
    return resetMs(headers[`${name}-reset`]?.trim() ?? '', answeredAt(headers.date, now));
  });
  const all = [limitsMs(headers), olderMs(headers.ratelimit), ...pairs].filter((ms) => ms !== undefined);
  return all.length === 0 ? undefined : Math.max(...all);
}

/**
 * `"burst";r=0;t=30, "day";r=9` (draft-ietf-httpapi-ratelimit-headers-10, a list of RFC 9651). Without `t`, the window of the
 * policy of the same name counts: `"burst";q=100;w=60`.
 */
function limitsMs(headers: Headers): number | undefined {
  const policies = new Map(itemsOf(headers['ratelimit-policy']).map(([name, policy]) => [`${name}`, policy]));
  const used = itemsOf(headers.ratelimit).filter(([, limit]) => limit.get('r') === 0);
  const resets = used.flatMap(
    ([name, limit]) => secondsIn(limit, 't') ?? secondsIn(policies.get(`${name}`), 'w') ?? [],
  );
  return resets.length === 0 ? undefined : Math.max(...resets) * 1000;
}

/** `limit=10, remaining=0, reset=30`, as earlier drafts had it: a dictionary. */
function olderMs(text: string | undefined): number | undefined {
  const members = parsed(text, parseDictionary);
  if (members?.get('remaining')?.[0] !== 0) return undefined;
  const reset = members.get('reset')?.[0];
  return typeof reset === 'number' && reset >= 0 ? reset * 1000 : undefined;
}

function itemsOf(text: string | undefined): (readonly [BareItem, Parameters])[] {
  const items = parsed(text, parseList) ?? [];
  return items.flatMap(([value, parameters]) => (Array.isArray(value) ? [] : [[value, parameters] as const]));
}

function secondsIn(parameters: Parameters | undefined, name: string): number | undefined {
  const value = parameters?.get(name);
  return typeof value === 'number' && value >= 0 ? value : undefined;
}

/** A field that breaks the rules counts as absent (RFC 9651 section 4.2). */
function parsed<T>(text: string | undefined, parse: (text: string) => T): T | undefined {
  try {
    return text === undefined ? undefined : parse(text);
  } catch {
    return undefined;
  }
}

/** Seconds from now, or a time since the epoch in seconds or milliseconds: APIs use all three. */
function resetMs(text: string, now: number): number | undefined {
  if (!/^\d+(\.\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  if (value > 1e12) return Math.max(0, value - now);
  if (value > 1e9) return Math.max(0, value * 1000 - now);
  return value * 1000;
}

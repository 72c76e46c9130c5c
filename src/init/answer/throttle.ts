import type { ThrottleDraft } from '../draft.ts';
import { windowsOf } from '../windows.ts';
import type { Answer } from './answer.ts';

/** What an answer says of the limit. */
export interface ThrottleFound {
  readonly throttle: ThrottleDraft | null;
  /** Where it was found, or what is missing. */
  readonly note: string;
}

/**
 * The limits that the API states in its headers, with their windows (draft-ietf-httpapi-ratelimit-headers, and the older drafts).
 * `X-RateLimit-Limit` has no window: nothing is assumed, because a window that is too short is a limit that is too loose.
 */
export function throttleOf({ headers }: Pick<Answer, 'headers'>): ThrottleFound {
  for (const name of ['ratelimit-policy', 'ratelimit-limit', 'ratelimit']) {
    const throttle = windowsOf((headers[name] ?? '').split(',').map(limitOf));
    if (throttle) return { throttle, note: `the limit comes from the header ${name}` };
  }
  const usual = 'the config allows one hit per minute; --throttle 10/1s says otherwise';
  const limit = headers['x-ratelimit-limit'] ?? headers['x-rate-limit-limit'] ?? headers['ratelimit-limit'];
  if (limit === undefined) return { throttle: null, note: `the API does not state its limit: ${usual}` };
  return {
    throttle: null,
    note: `the API states a limit of ${limit.slice(0, 20)} hits, but not over which time: ${usual}`,
  };
}

/** `"default";q=100;w=60`, or as in the older drafts `100;w=60`. */
function limitOf(text: string) {
  const seconds = Number(/;\s*w=(\d+)/i.exec(text)?.[1]);
  const hits = Number(/;\s*q=(\d+)/i.exec(text)?.[1] ?? /^\s*(\d+)\s*;/.exec(text)?.[1]);
  return { hits, seconds };
}

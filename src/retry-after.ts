/** The fields of an answer that say how long to stay away. */
export interface RetryAfterFields {
  /** `Retry-After`. */
  readonly retryAfter: string | undefined;
  /** `Date`. */
  readonly date: string | undefined;
}

/**
 * How long an answer asks us to stay away, in milliseconds (RFC 9110 section 10.2.3): seconds, or a date, which is compared
 * with the answer's own `Date`. Of several values the longest counts. Undefined if the field is absent or garbage.
 */
export function retryAfterMs({ retryAfter, date }: RetryAfterFields, now: number): number | undefined {
  const text = retryAfter?.trim();
  if (text === undefined) return undefined;
  if (/^\d+(\.\d+)?(\s*,\s*\d+(\.\d+)?)*$/.test(text)) return Math.max(...text.split(',').map(Number)) * 1000;
  const until = httpDate(text);
  return until === undefined ? undefined : Math.max(0, until - answeredAt(date, now));
}

/** When an answer was made by the server's own clock, in milliseconds since the epoch; `now` if it does not say. */
export function answeredAt(date: string | undefined, now: number): number {
  return httpDate(date ?? '') ?? now;
}

/** All three forms of RFC 9110 section 5.6.7. `Date.parse` alone takes `-5` and `1e99` for dates. */
function httpDate(text: string): number | undefined {
  if (!/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? [\w: -]+$/.test(text)) return undefined;
  const date = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(date) ? undefined : date;
}

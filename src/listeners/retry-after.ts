/** The longest wait. A receiver that asks for more is tried again after this time. */
const longestMs = 86_400_000;

/**
 * How long an answer asks us to wait (RFC 9110 section 10.2.3): seconds, or a date, which is compared with the answer's own
 * `Date`. Undefined if it does not say so, or cannot be read.
 */
export function retryAfterMs(
  { retryAfter, date }: { readonly retryAfter: string | undefined; readonly date: string | undefined },
  now: number,
): number | undefined {
  const text = retryAfter?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, longestMs);
  const until = httpDate(text);
  if (until === undefined) return undefined;
  return Math.min(Math.max(0, until - (httpDate(date ?? '') ?? now)), longestMs);
}

/** Accepts only IMF-fixdate, the form that is used today: `Date.parse` alone would read `-5` and `1e99` as dates. */
function httpDate(text: string): number | undefined {
  return /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text) ? Date.parse(text) : undefined;
}

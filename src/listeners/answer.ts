import { UnreachableError } from '../errors.ts';
import { DeadLetter, ListenerOff, RetryLater } from '../listener.ts';
import { retryAfterMs } from '../retry-after.ts';

/** A receiver that asks for a longer wait is tried again after this time. */
const longestRetryMs = 86_400_000;

/** What a receiver answered to one delivery. */
export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly date: string | undefined;
  /** The start of the body, on one line. */
  readonly excerpt: string;
}

/** What an answer means (Standard Webhooks, "Webhook delivery"). Undefined means success, which only 2xx does. Pure. */
export function failureOf(answer: Answer, receiver: string, now: number): Error | undefined {
  const { status, excerpt } = answer;
  if (status >= 200 && status < 300) return undefined;
  const message = `${receiver} answered ${status}${excerpt && `: ${excerpt}`}`;
  if (status === 410) return gone(message);
  const afterMs = status === 429 || status === 503 ? retryAfterMs(answer, now) : undefined;
  if (afterMs !== undefined) return new RetryLater(message, Math.min(afterMs, longestRetryMs));
  if (isPermanent(status)) return new DeadLetter(message);
  if (status < 400) return redirected(message);
  return new UnreachableError(message);
}

/** Request timeout, too early and too many requests are temporary. Every other 4xx would be the same again. */
function isPermanent(status: number): boolean {
  return status >= 400 && status < 500 && ![408, 425, 429].includes(status);
}

function gone(message: string): ListenerOff {
  return new ListenerOff(`${message}; it wants no more events`, {
    hint: 'Fix the receiver and start the daemon again, or remove the listener from the config.',
  });
}

function redirected(message: string): UnreachableError {
  return new UnreachableError(`${message}; redirects are not followed`, {
    hint: 'Set "url" of the listener to the new URL of the receiver.',
  });
}

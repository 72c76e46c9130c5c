import type { ThrottleDraft } from './draft.ts';

/** At most so many hits in so many seconds. */
export interface StatedLimit {
  readonly hits: number;
  readonly seconds: number;
}

/** The windows of all limits that an API states: each length once, with the fewest hits. Null if there are none. */
export function windowsOf(limits: readonly StatedLimit[]): ThrottleDraft | null {
  const fewest = new Map<number, number>();
  for (const { hits, seconds } of limits.filter(isLimit))
    fewest.set(seconds, Math.min(hits, fewest.get(seconds) ?? hits));
  const windows = [...fewest].toSorted(([a], [b]) => a - b).map(([seconds, hits]) => ({ hits, per: `${seconds}s` }));
  const [first, ...rest] = windows;
  return first ? [first, ...rest] : null;
}

/** Whether a limit is one that a config can have. */
export function isLimit({ hits, seconds }: StatedLimit): boolean {
  const isCount = (number: number, most: number) => Number.isSafeInteger(number) && number > 0 && number <= most;
  return isCount(hits, 1_000_000) && isCount(seconds, 31_536_000);
}

/** An ISO 8601 duration of days and less, in seconds; null if it is not one. */
export function isoSeconds(text: unknown): number | null {
  const [, ...parts] = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(String(text ?? '')) ?? [];
  if (parts.every((part) => part === undefined)) return null;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.map((part) => Number(part ?? 0));
  return days * 86_400 + hours * 3600 + minutes * 60 + seconds;
}

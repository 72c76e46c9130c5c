import type { Timings } from '../../timings.ts';

/**
 * How long an event waits after its n-th failed attempt: twice as long each time, up to a cap, with jitter; never less
 * than the receiver has asked for. `random` is in [0, 1).
 */
export function retryDelayMs(
  failures: number,
  random: number,
  { retryFirstMs, retryCapMs }: Pick<Timings, 'retryFirstMs' | 'retryCapMs'>,
  askedMs = 0,
): number {
  const longest = Math.min(retryFirstMs * 2 ** (failures - 1), retryCapMs);
  return Math.max(longest * (0.5 + random / 2), askedMs);
}

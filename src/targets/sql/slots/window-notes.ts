import type { Freeing } from './freeing.ts';
import type { KeptWindow, WindowSlot } from './window-rules.ts';

/** The note of a window's row: a thousand hits take some 12 kB. */
export interface WindowNote {
  readonly hits: number;
  /** Which boot the slots' times since the boot belong to; null where none is known. */
  readonly boot: string | null;
  /** How far away any slot was at most when it was written. */
  readonly span: number;
  readonly slots: readonly NotedSlot[];
}

/**
 * By the time at which they free: how much later than the one before, in ms; by how much more its time since the boot is ahead
 * of that, or null where that is not known; how many hits; the id of a request that is under way.
 */
type NotedSlot = readonly [laterMs: number, aheadMs: number | null, count: number, id?: string];

/** Pure. */
export function noteOf({ hits, slots }: KeptWindow): WindowNote {
  const boot = slots.find(({ uptime }) => uptime !== null)?.uptime?.boot ?? null;
  const noted: NotedSlot[] = [];
  let [before, ahead] = [0, 0];
  for (const { until, uptime, count, id } of slots.toSorted((a, b) => a.until - b.until)) {
    const aheadNow = uptime === null || uptime.boot !== boot ? null : Math.ceil(uptime.ms) - until;
    const times = [until - before, aheadNow === null ? null : aheadNow - ahead] as const;
    noted.push(id === null ? [...times, count] : [...times, count, id]);
    [before, ahead] = [until, aheadNow ?? ahead];
  }
  return { hits: hits?.value ?? 0, boot, span: Math.max(0, ...slots.map(({ span }) => span)), slots: noted };
}

/** Pure. */
export function windowOf(perMs: number, frees: Freeing, { hits, boot, span, slots }: WindowNote): KeptWindow {
  const kept: WindowSlot[] = [];
  let [until, ahead] = [0, 0];
  for (const [laterMs, aheadMs, count, id = null] of slots) {
    until += laterMs;
    ahead += aheadMs ?? 0;
    const uptime = boot === null || aheadMs === null ? null : { boot, ms: until + ahead };
    kept.push({ id, count, until, span, uptime });
  }
  return { perMs, hits: hits === 0 ? null : { ...frees, value: hits }, slots: kept };
}

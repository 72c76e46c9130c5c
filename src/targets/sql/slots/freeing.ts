/** The time by which slots are kept. */
export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The time since the machine was booted, which nobody can set; null where it is not known. */
  readonly uptime: Uptime | null;
}

export interface Uptime {
  /** Which boot. */
  readonly boot: string;
  readonly ms: number;
}

/**
 * What frees at a time. `span` is how far away that time was when it was written: if it is further away now, the clock has
 * jumped back. `uptime` is the same time since the boot: if the clock has jumped forward, it is the later one. The later counts.
 */
export interface Freeing {
  /** Milliseconds since the epoch, on the keeper's clock. */
  readonly until: number;
  readonly span: number;
  readonly uptime: Uptime | null;
}

/** A limit that somebody asked for. */
export interface KeptLimit extends Freeing {
  readonly value: number;
}

/** What frees this long from now. */
export function freesIn(ms: number, { now, uptime }: Clock): Freeing {
  const span = Math.ceil(ms);
  return { until: now + span, span, uptime: uptime && { ...uptime, ms: uptime.ms + span } };
}

/** How long until it frees, by the clock that says later; 0 or less: it is free. */
export function leftOf({ until, span, uptime }: Freeing, clock: Clock): number {
  const byUptime = uptime && uptime.boot === clock.uptime?.boot ? uptime.ms - clock.uptime.ms : 0;
  return Math.min(span, Math.ceil(Math.max(until - clock.now, byUptime)));
}

/** Null if it has freed. No clock that was set back keeps it longer than it was meant to be kept. */
export function stillKept<Some extends Freeing>(kept: Some | null, clock: Clock): Some | null {
  if (!kept || leftOf(kept, clock) <= 0) return null;
  const latest = freesIn(kept.span, clock);
  const isSameBoot = kept.uptime?.boot === clock.uptime?.boot;
  const uptime = kept.uptime && latest.uptime && { ...kept.uptime, ms: Math.min(kept.uptime.ms, latest.uptime.ms) };
  return { ...kept, until: Math.min(kept.until, latest.until), uptime: isSameBoot ? uptime : null };
}

/** A limit is remembered from when it was last asked for: a laxer one that is asked for meanwhile does not prolong this. */
export function remembered(known: KeptLimit | null, strictest: number, asked: number, frees: Freeing): KeptLimit {
  return known && known.value === strictest && strictest !== asked ? known : { ...frees, value: strictest };
}

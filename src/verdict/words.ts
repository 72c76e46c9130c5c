const units = [
  { ms: 1000, name: 's' },
  { ms: 60_000, name: 'min' },
  { ms: 3_600_000, name: 'h' },
] as const;
const dayMs = 86_400_000;

/** About how long, in one unit: `40 s`, `90 min`, `30 h`, `3 days`. Time that is left is rounded to the nearest. */
export function roughly(ms: number, round: (units: number) => number = Math.floor): string {
  const [second, minute, hour] = units;
  const unit = ms < 100 * second.ms ? second : ms < 100 * minute.ms ? minute : hour;
  if (ms >= 2 * dayMs) return `${round(ms / dayMs)} days`;
  return `${Math.max(0, round(ms / unit.ms))} ${unit.name}`;
}

/** `40 s ago`; a time that is ahead of ours is `now`. */
export function ago(time: Date | number, now: Date): string {
  const ms = now.getTime() - Number(time);
  return ms < 1000 ? 'just now' : `${roughly(ms)} ago`;
}

/** ` for 4 min`, with a space before it; nothing where the time is not known, or has just begun. */
export function lasting(since: Date | number | null, now: Date): string {
  if (since === null) return '';
  const ms = now.getTime() - Number(since);
  return ms < 1000 ? '' : ` for ${roughly(ms)}`;
}

/** `1,234 rows`, `1 row`. */
export function many(count: number, noun: string): string {
  const digits = String(count).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${digits} ${noun}${count === 1 ? '' : 's'}`;
}

/** `cities`, `cities and people`, `cities, people and 3 more`. */
export function listed(names: readonly string[]): string {
  const [first = '', second = '', ...rest] = names;
  if (names.length <= 1) return first;
  return rest.length === 0 ? `${first} and ${second}` : `${first}, ${second} and ${rest.length} more`;
}

/** With a capital letter. A URL stays as it is. */
export function sentence(clause: string): string {
  return /^https?:/.test(clause) ? clause : clause.charAt(0).toUpperCase() + clause.slice(1);
}

/** The first clause of a message, without its guarantee, and not longer than a line. */
export function clauseOf(message: string): string {
  const [clause = ''] = message.split('; ');
  return clause.length > 160 ? `${clause.slice(0, 159)}…` : clause;
}

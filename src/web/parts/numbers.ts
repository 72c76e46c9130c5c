import type { ChangeCounts } from '../../change.ts';

/** `1,234,567`. */
export function count(amount: number): string {
  return amount.toLocaleString('en-US');
}

/** `+3 ~2 −1`; a dash for nothing. */
export function changesText({ created, updated, deleted }: ChangeCounts): string {
  const parts = [
    ['+', created],
    ['~', updated],
    ['−', deleted],
  ] as const;
  const shown = parts.filter(([, amount]) => amount > 0).map(([sign, amount]) => `${sign}${count(amount)}`);
  return shown.length === 0 ? '–' : shown.join(' ');
}

/** How many of what may be huge are counted. */
const mostCounted = 10_000;

/** `10,000+` where there are more than are counted. */
export function atLeast(amount: number): string {
  return amount > mostCounted ? `${count(mostCounted)}+` : count(amount);
}

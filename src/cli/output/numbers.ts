import type { ChangeCounts } from '../../change.ts';
import type { Paint } from '../terminal.ts';

/** A number for people: `1,234,567`. */
export function count(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A count and its noun: `1 hit`, `2 hits`. */
export function many(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** What changed: `+3 ~5 -1`, or `no changes`. */
export function changes({ created, updated, deleted }: ChangeCounts, paint: Paint): string {
  const parts = [
    created > 0 ? paint.green(`+${count(created)}`) : '',
    updated > 0 ? paint.yellow(`~${count(updated)}`) : '',
    deleted > 0 ? paint.red(`-${count(deleted)}`) : '',
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(' ') : 'no changes';
}

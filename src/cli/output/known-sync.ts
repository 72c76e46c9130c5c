import { UsageError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import type { KnownSync } from '../../syncs.ts';
import { many } from './numbers.ts';

/** What is known of a sync, for people: `543 records in customers, 1,204 events and 2 dead letters`. */
export function knownOf({ tables, events, deadLetters }: Pick<KnownSync, 'tables' | 'events' | 'deadLetters'>): string {
  const parts = [
    ...tables.map(({ table, live }) => `${many(live, 'record')} in ${table}`),
    many(events, 'event'),
    many(deadLetters, 'dead letter'),
  ];
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/** The target has no sync of this name. */
export function unknownSync(name: string, names: readonly string[]): UsageError {
  const meant = nearest(name, names);
  const there = names.length === 0 ? 'No sync has run here.' : `Those that have run here: ${names.join(', ')}.`;
  return new UsageError(`the target has no sync "${name}"; nothing was changed`, {
    hint: meant === undefined ? there : `Did you mean "${meant}"?`,
  });
}

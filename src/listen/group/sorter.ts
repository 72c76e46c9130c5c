import type { Attempts, Entry, EntryId } from '../../consumer.ts';
import type { Timings } from '../../timings.ts';
import type { Dispatcher } from '../delivery/dispatcher.ts';
import { retryDelayMs } from '../delivery/retry-delay.ts';
import type { Acknowledger } from './acknowledger.ts';
import type { Past } from './entry-reader.ts';
import type { Group } from './group.ts';
import { readEntry } from './incoming.ts';
import { createRoute } from './route.ts';

export interface SorterDeps {
  readonly dispatcher: Pick<Dispatcher, 'add'>;
  readonly acknowledger: Pick<Acknowledger, 'add'>;
  readonly isOrdered: boolean;
  readonly timings: Timings;
}

/** Sorts entries: what the group does not deliver is acknowledged at once, an event goes to the lane of its key, anything else to a lane of its own. */
export function createSorter(group: Group, deps: SorterDeps): (entry: Entry, past: Past) => void {
  const { dispatcher, acknowledger, isOrdered, timings } = deps;
  const isMeant = createRoute(group);

  return (entry, { isClaimed, attempts }) => {
    const { id, event: json, deliveries } = entry;
    const incoming = readEntry(entry);
    const event = incoming.is === 'event' ? incoming.event : null;
    if (event && !isMeant(event)) {
      acknowledger.add(id);
      return;
    }
    dispatcher.add(event && isOrdered ? event.subject : aloneLane(id), {
      id,
      event,
      corruptBecause: incoming.is === 'corrupt' ? incoming.because : null,
      json,
      deliveries,
      isBegun: !isClaimed,
      attempts,
      notBefore: attempts ? waitEnd(attempts, timings) : 0,
      isLost: false,
      attempt: null,
    });
  };
}

/** The name of a lane that no key has. */
function aloneLane(id: EntryId): string {
  return `\0${id}`;
}

/**
 * When an event that failed in another daemon may be tried again, by the monotonic clock. The times of its attempts are those
 * of Redis, and our wall clock may be another one, or may have been set: no wait is longer than the one after a failure.
 */
function waitEnd({ count, times }: Attempts, timings: Timings): number {
  const last = times.at(-1);
  if (last === undefined) return 0;
  const delayMs = retryDelayMs(count, 0, timings);
  return performance.now() + Math.min(delayMs, last + delayMs - Date.now());
}

import type { Checkpoint, HeldPermit, HeldUpdates } from '../checkpoint.ts';
import { fewRows, type Guard, liveWhenWindowBegan } from './guard.ts';
import type { PassState } from './resource.ts';
import type { SeenSet } from './seen-set.ts';

/** How many rows one pass may update without a permission. */
export interface UpdateLimit {
  /** The rows of which the guard allows a share. */
  readonly live: number;
  readonly allowed: number;
}

/**
 * The limit of a pass, which is the same from its first page on. Null: its updates are not judged, because the config has no
 * limit, or because every row is one that the pass itself has made. Rows that a pass has made while updates were held do not
 * count, as with deletions.
 */
export function updateLimit(
  { liveAtStart, deletions, startedAt, heldUpdates = null }: Checkpoint,
  { maxUpdates, windowMs }: Pick<Guard, 'maxUpdates' | 'windowMs'>,
): UpdateLimit | null {
  if (maxUpdates === undefined || liveAtStart === undefined || liveAtStart === 0) return null;
  const inWindow = liveWhenWindowBegan(deletions, startedAt - windowMs) ?? liveAtStart;
  const live = Math.min(liveAtStart, inWindow, heldUpdates?.live ?? liveAtStart);
  const allowed = 'count' in maxUpdates ? maxUpdates.count : Math.max(fewRows, Math.floor(live * maxUpdates.ratio));
  return { live, allowed };
}

/** Whether an update of a record waits for the end of the pass, by its id; undefined where none waits. */
export function defersIn({ checkpoint, held, resource }: PassState): ((id: number) => boolean) | undefined {
  if (updateLimit(checkpoint, resource.guard) === null) return undefined;
  return checkpoint.emptiedPermission ? (id) => !held.updates.has(id) : () => true;
}

/** Judges the rows that a complete pass would update, without those that a person has permitted. Null: the guard allows them. */
export function judgeUpdates(
  rows: SeenSet,
  limit: UpdateLimit | null,
  { pass, at }: Pick<HeldUpdates, 'pass' | 'at'>,
): HeldUpdates | null {
  if (limit === null || rows.count <= limit.allowed) return null;
  const { live, allowed } = limit;
  const because = `${rows.count} of ${live} rows would be updated; the guard allows ${allowed}`;
  return { pass, count: rows.count, live, because, at };
}

/** What one permission is for: the updates and the empty values that are held, together. Null if there are none. */
export function heldTogether({
  heldEmptied = null,
  heldUpdates = null,
}: Pick<Checkpoint, 'heldEmptied' | 'heldUpdates'>): (HeldPermit & { readonly because: string }) | null {
  const held = [heldUpdates, heldEmptied].filter((each) => each !== null);
  const count = held.reduce((sum, each) => sum + each.count, 0);
  const [first] = held;
  if (first === undefined || count === 0) return null;
  return { pass: first.pass, count, because: held.map(({ because }) => because).join('; ') };
}

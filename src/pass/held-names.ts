import { createHash } from 'node:crypto';
import type { Checkpoint, HeldName, HeldNames } from '../checkpoint.ts';
import type { HeldKind, HeldToken } from '../permit.ts';
import type { StoredPass } from '../target.ts';
import { HeldSet } from './held-set.ts';
import { heldTogether } from './updates.ts';

/** How many earlier sets are remembered. */
const earlierKept = 20;

/** By what people name what is held at the end of a pass. `before` has the names of the pass before it. */
export function namesOfHeld(
  checkpoint: Pick<Checkpoint, 'held' | 'heldEmptied' | 'heldUpdates'>,
  held: HeldSet,
  before: HeldNames | null = null,
): HeldNames {
  const { held: deletes, heldUpdates, heldEmptied } = checkpoint;
  const together = heldTogether(checkpoint);
  const stored = [held.updates, ...held.emptied.values()].reduce((sum, { count }) => sum + count, 0);
  const at = heldUpdates?.at ?? heldEmptied?.at ?? 0;
  return {
    deletes:
      deletes?.pass !== undefined && held.deletes.count === deletes.count
        ? nameOf({ ...deletes, pass: deletes.pass }, held.deletes.digest, before?.deletes)
        : null,
    updates: together?.count === stored ? nameOf({ ...together, at }, digestOfUpdates(held), before?.updates) : null,
  };
}

/** The names of what a pass holds, as it is stored. */
export function storedNames({ checkpoint, held }: Pick<StoredPass, 'checkpoint' | 'held'>): HeldNames {
  return checkpoint.heldNames ?? namesOfHeld(checkpoint, HeldSet.restore(held));
}

/** Whether a person who says this means this set. Without a digest, `isUnclear` says whether they may mean another one. */
export function isMeant({ count, digest = '' }: HeldToken, name: HeldName): boolean {
  return name.count === count && name.digest.startsWith(digest);
}

/** Whether a number alone may be meant for another set, which was held before this one. */
export function isUnclear({ digest }: HeldToken, { count, earlier }: HeldName): boolean {
  return digest === undefined && earlier.some((other) => other.count === count);
}

export const heldKinds: readonly HeldKind[] = ['deletes', 'updates'];

function nameOf(
  { pass, count, because, at }: Pick<HeldName, 'pass' | 'count' | 'because' | 'at'>,
  digest: string,
  before: HeldName | null = null,
): HeldName {
  const all = before === null ? [] : [...before.earlier, { count: before.count, digest: before.digest }];
  const others = new Map(all.filter((other) => other.digest !== digest).map((other) => [other.digest, other]));
  const since = before?.since ?? before?.pass ?? pass;
  return { pass, since, count, digest, because, at, earlier: [...others.values()].slice(-earlierKept) };
}

function digestOfUpdates({ updates, emptied }: HeldSet): string {
  const digest = createHash('sha256').update(`${updates.digest};`);
  for (const [column, ids] of [...emptied].sort(([a], [b]) => (a < b ? -1 : 1)))
    digest.update(`${JSON.stringify(column)}:${ids.digest};`);
  return digest.digest('hex').slice(0, 16);
}

import type { Batch, Committed, Removal } from '../../batch.ts';
import { type ChangeCounts, noChanges, sumCounts } from '../../change.ts';
import type { Prepared } from '../../record.ts';
import { sumCommitted } from '../sql/committed.ts';
import type { PartCommitted } from './commit.ts';
import { isOverTime } from './connection/errors.ts';
import type { Pace } from './pace.ts';
import type { PartRemoved, RemovalPart } from './remove.ts';

/**
 * Commits a batch in as many transactions as it takes to keep each of them short. Each happens whole or not at all; the checkpoint
 * is stored with the last. If the run is killed in between, the page is read again, and what was written is found unchanged.
 */
export async function commitInParts(
  batch: Batch,
  pace: Pace,
  commitPart: (part: Batch) => Promise<PartCommitted>,
): Promise<Committed> {
  let done: Committed | undefined;
  let rest: readonly Prepared[] = batch.records;
  for (;;) {
    const { part, after } = cut(rest, pace.rows);
    const isLast = after.length === 0 && !done?.busy.length;
    const written = await unlessTooMany(part.length, pace, () =>
      commitPart({
        ...without(batch),
        records: part,
        rejected: done ? [] : batch.rejected,
        aliases: done ? undefined : batch.aliases,
        ...(isLast && batch.checkpoint && { checkpoint: withTotals(batch.checkpoint, done) }),
      }),
    );
    if (!written) continue;
    const { left, ...committed } = written;
    done = done ? sumCommitted(done, committed) : committed;
    rest = [...left, ...after];
    if (rest.length === 0) return done;
  }
}

function without({ checkpoint: _checkpoint, ...batch }: Batch): Omit<Batch, 'checkpoint'> {
  return batch;
}

function withTotals(
  checkpoint: NonNullable<Batch['checkpoint']>,
  done: Committed | undefined,
): NonNullable<Batch['checkpoint']> {
  if (!done) return checkpoint;
  return (ids: readonly number[], counts: ChangeCounts, refused: number) =>
    checkpoint([...done.ids, ...ids], sumCounts(done.counts, counts), done.refused.length + refused);
}

/** Removes in as many transactions. Each stores how many records are deleted so far, and the last that nothing is left to do. */
export async function removeInParts(
  { ids }: Removal,
  pace: Pace,
  removePart: (part: RemovalPart) => Promise<PartRemoved>,
): Promise<Committed> {
  let done: Committed | undefined;
  let rest = ids;
  for (;;) {
    const { part, after } = cut(rest, pace.rows);
    const isLast = after.length === 0 && !done?.busy.length;
    const { deleted } = done?.counts ?? noChanges;
    const gone = await unlessTooMany(part.length, pace, () => removePart({ ids: part, isLast, deleted }));
    if (!gone) continue;
    const { left, ...removed } = gone;
    done = done ? sumCommitted(done, removed) : removed;
    rest = [...left, ...after];
    if (rest.length === 0) return done;
  }
}

/** Undefined: the server gave up one of the statements, nothing was written, and the next part has to be smaller. */
async function unlessTooMany<T>(rows: number, pace: Pace, write: () => Promise<T>): Promise<T | undefined> {
  const startedAt = performance.now();
  try {
    return await write();
  } catch (error) {
    if (rows <= 1 || !isOverTime(error)) throw error;
    pace.giveUp(rows, performance.now() - startedAt);
    return undefined;
  }
}

/** Cuts the first of parts of about equal size. */
function cut<T>(rest: readonly T[], most: number): { readonly part: readonly T[]; readonly after: readonly T[] } {
  const size = Math.ceil(rest.length / Math.max(1, Math.ceil(rest.length / most)));
  return { part: rest.slice(0, size), after: rest.slice(size) };
}

import type { Adapter, AdapterContext } from '../adapter.ts';
import type { RawRecord } from '../record.ts';
import { startWalk, type WalkOptions } from './walk.ts';

/** What a pass has brought. */
export interface PassRead {
  readonly records: readonly RawRecord[];
  /** Keys of what is gone; none in a snapshot, which tells it by leaving it out. */
  readonly deleted: readonly string[];
  /** Where a later pass of changes starts; null where there is no such pass. */
  readonly bookmark: string | null;
}

/** Reads a whole pass: over everything, or over what changed since a bookmark. Throws what a run would throw. */
export async function readPass(
  adapter: Adapter,
  resource: string,
  context: AdapterContext,
  from: WalkOptions = {},
): Promise<PassRead> {
  const walk = startWalk(resource, from);
  while (!walk.isComplete) await walk.takePage(adapter, context);
  const { records, deleted, bookmark } = walk;
  return { records, deleted, bookmark: bookmark ?? from.bookmark ?? null };
}

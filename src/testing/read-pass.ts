import type { Adapter, AdapterContext } from '../adapter.ts';
import type { RawRecord } from '../record.ts';
import { startWalk, type WalkOptions } from './walk.ts';

/** What a pass brought. */
export interface PassRead {
  readonly records: readonly RawRecord[];
  /** The keys of what is gone. It is empty in a snapshot, which leaves out what is gone. */
  readonly deleted: readonly string[];
  /** Where a later pass of changes starts; null if there is no such pass. */
  readonly bookmark: string | null;
}

/** Reads a whole pass over everything, or over what changed since a bookmark. Throws what a run would throw. */
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

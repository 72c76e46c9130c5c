import { cursorsIn } from '../stream.ts';
import type { Syncs } from '../syncs.ts';
import { groupsOf, type NamedSync, refuseReaders } from './named-sync.ts';

/** What a rename has done. `rest`: an earlier one was killed in between, and this one has removed what that one had left. */
export type Renamed = 'all' | 'rest' | 'nothing';

/**
 * Gives a sync another name, under the locks of both names.
 *
 * 1. Store how far each group has come: the stream does not move.
 * 2. Rename everything in the database, in one transaction.
 * 3. Remove the stream of the old name. The relay fills that of the new name from the outbox.
 *
 * Killed before 2, nothing has changed; killed after it, the next call does 3.
 */
export async function renameSync(from: NamedSync, to: NamedSync, syncs: Syncs): Promise<Renamed> {
  const groups = await groupsOf(from, syncs);
  await refuseReaders(from, groups);
  await refuseReaders(to, await groupsOf(to, syncs));
  const fence = await from.target.fence();
  if (fence === null) return (await from.traces.remove(groups)) ? 'rest' : 'nothing';
  const known = new Set((await syncs.known(from.name))?.groups);
  const cursors = cursorsIn(await from.stream.state(), fence).filter(({ group }) => known.has(group));
  if (cursors.length > 0) await from.target.saveGroups(cursors);
  await syncs.rename(from.name, to.name);
  // Somebody may have used the new name before: the stream is to be filled from the outbox, and from nothing else.
  await to.traces.remove(await groupsOf(to, syncs));
  await from.traces.remove(groups);
  return 'all';
}

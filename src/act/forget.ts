import type { KnownSync, OwnedTable, Syncs } from '../syncs.ts';
import { groupsOf, type NamedSync, refuseReaders } from './named-sync.ts';

/** What is to be forgotten. */
export interface Forgetting {
  /** Null: the whole sync, with its events. */
  readonly resources: readonly string[] | null;
  /** Drop the tables of the system as well. */
  readonly dropsTables: boolean;
}

/**
 * Forgets a sync, or some of its resources, under its lock.
 *
 * 1. Drop the tables of the system, if that is asked for: the database still knows which they are.
 * 2. Forget in the database.
 * 3. Remove the stream, if the whole sync is forgotten.
 *
 * A call that is killed is finished by the next one.
 */
export async function forgetSync(sync: NamedSync, forgetting: Forgetting, syncs: Syncs): Promise<void> {
  const { resources, dropsTables } = forgetting;
  const groups = await groupsOf(sync, syncs);
  if (resources === null) await refuseReaders(sync, groups);
  const known = await syncs.known(sync.name);
  if (known && dropsTables) await syncs.dropTables(tablesIn(known, resources).map(({ table }) => table));
  await syncs.forget(sync.name, resources);
  if (resources === null) await sync.traces.remove(groups);
}

/** The tables of these resources; of all, if there are none. */
export function tablesIn({ tables }: KnownSync, resources: Forgetting['resources']): readonly OwnedTable[] {
  return tables.filter(({ resource }) => resources === null || resources.includes(resource));
}

import { ConfigError } from '../../errors.ts';

/** Tables of ours whose rows of one sync may be many or large. They are removed in steps. */
export const largeTables: readonly string[] = ['_sync_outbox', '_sync_dead', '_sync_runs', '_sync_rejects'];

/** What people did stays when a sync is forgotten. `_sync_tables` keeps the number of a resource until its records are removed. */
const keptTables: readonly string[] = ['_sync_activity', '_sync_tables'];

/** Tables of ours, of those whose rows name their sync, that keep nothing of a sync which is forgotten. */
export function clearedTables(withName: readonly string[]): readonly string[] {
  return withName.filter((table) => !keptTables.includes(table));
}

/** Those of which one short statement removes what a sync has there. */
export function smallTables(withName: readonly string[]): readonly string[] {
  return clearedTables(withName).filter((table) => !largeTables.includes(table));
}

/** Tables of ours that keep something of each resource by its name. */
export const resourceTables: readonly string[] = ['_sync_passes', '_sync_drift', '_sync_permits', '_sync_rejects'];

/** Under which name a forgotten sync keeps the numbers of its resources until their records are removed. No sync has such a name. */
export function forgottenName(name: string): string {
  return `~${name}`;
}

/** How many rows one transaction removes. */
export const rowsPerStep = 2000;

export function existsError(label: string, name: string): ConfigError {
  return new ConfigError(`the target ${label} has a sync "${name}" already; nothing was changed`, {
    hint: `Choose another name, or forget that one first: "cronsync forget ${name}".`,
  });
}

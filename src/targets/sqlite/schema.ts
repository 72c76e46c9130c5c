import { otherVersionError } from '../sql/run-errors.ts';
import type { Connection } from './connection/connection.ts';
import { migrations } from './migrations.ts';

/** The version of our own tables; 0 where there are none. Throws `ConfigError` where a later release made them. */
export function schemaVersion(connection: Connection): number {
  const exists = connection
    .statement("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_sync_schema'")
    .get();
  if (!exists) return 0;
  const version = Number(connection.statement('SELECT version FROM _sync_schema').get()?.version);
  if (version >= 1 && version <= migrations.length) return version;
  throw otherVersionError(connection.label, version, migrations.length);
}

/** Whether our tables are there, of whatever version. */
export function hasSchema(connection: Connection): boolean {
  return schemaVersion(connection) > 0;
}

/** Makes our tables if they are not there. Tables of an earlier release stay as they are. Called inside a transaction. */
export function ensureSchema(connection: Connection): void {
  if (!hasSchema(connection)) migrate(connection);
}

/** Makes our tables, or brings those of an earlier release up to this one. Called inside the transaction that takes over. */
export function migrate(connection: Connection): void {
  const steps = migrations.slice(schemaVersion(connection));
  if (steps.length === 0) return;
  for (const step of steps) connection.exec(step);
  connection.statement('UPDATE _sync_schema SET version = ?').run(migrations.length);
}

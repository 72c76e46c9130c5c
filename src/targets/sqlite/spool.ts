import { DatabaseSync } from 'node:sqlite';
import { deserialize, serialize } from 'node:v8';
import type { Change, ChangeCounts } from '../../change.ts';
import { noChanges } from '../../change.ts';
import { messageOf, UnreachableError } from '../../errors.ts';
import type { Spool } from '../../spool.ts';
import { isDiskError } from './connection/errors.ts';

/** A spool in a private temporary database of SQLite, which has no name and disappears when it is closed or the process ends. */
export function createSpool(): Spool {
  const database = new DatabaseSync('');
  database.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16000;
    CREATE TABLE planned (resource TEXT, key TEXT, type TEXT, change BLOB, PRIMARY KEY (resource, key)) WITHOUT ROWID;
    CREATE TABLE claimed (resource TEXT, native TEXT, key TEXT, PRIMARY KEY (resource, native)) WITHOUT ROWID;
    CREATE INDEX claimed_key ON claimed (resource, key)`);
  const upsert = database.prepare('INSERT OR REPLACE INTO planned VALUES (?, ?, ?, ?)');
  const remove = database.prepare('DELETE FROM planned WHERE resource = ? AND key = ?');
  const count = database.prepare('SELECT type, count(*) AS n FROM planned WHERE resource = ? GROUP BY type');

  const planned = database.prepare(
    'SELECT p.key FROM json_each(?) e JOIN planned p ON p.resource = ? AND p.key = e.value',
  );

  const claim = database.prepare('INSERT OR REPLACE INTO claimed VALUES (?, ?, ?)');
  const claims =
    database.prepare(`SELECT c.native, c.key FROM json_each(?) e JOIN claimed c ON c.resource = ? AND c.native = e.value
    UNION SELECT c.native, c.key FROM json_each(?) e JOIN claimed c ON c.resource = ? AND c.key = e.value`);

  return {
    put(resource, changes) {
      kept(() => {
        for (const change of changes) upsert.run(resource, change.key, change.type, serialize(change));
      });
    },
    drop(resource, keys) {
      kept(() => {
        for (const key of keys) remove.run(resource, key);
      });
    },
    planned(resource, keys) {
      return new Set(planned.all(JSON.stringify(keys), resource).map(({ key }) => String(key)));
    },
    remember(resource, aliases) {
      kept(() => {
        for (const [native, key] of aliases) claim.run(resource, native, key);
      });
    },
    remembered(resource, { natives, keys }) {
      const found = kept(() => claims.all(JSON.stringify(natives), resource, JSON.stringify(keys), resource));
      return found.map(({ native, key }) => [String(native), String(key)]);
    },
    counts(resource): ChangeCounts {
      const counted = kept(() => count.all(resource)).map(({ type, n }) => [String(type), Number(n)]);
      return { ...noChanges, ...Object.fromEntries(counted) };
    },
    *changes(resource): Iterable<Change> {
      const inOrder = database.prepare('SELECT change FROM planned WHERE resource = ? ORDER BY key');
      for (const { change } of inOrder.iterate(resource)) yield deserialize(change as Uint8Array);
    },
    [Symbol.dispose]() {
      if (database.isOpen) database.close();
    },
  };
}

/** SQLite writes the plan to disk when it has more than some megabytes. */
function kept<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isDiskError(error)) throw error;
    throw new UnreachableError(
      `the plan cannot be kept in the temporary folder: ${messageOf(error)}; nothing was written`,
      { hint: 'Make room there, or name another folder in TMPDIR.', cause: error },
    );
  }
}

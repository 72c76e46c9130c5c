import { existsSync } from 'node:fs';
import type { DeadLetterQuery, DeadLetterRow, DeadLetters } from '../../../listener.ts';
import type { Timings } from '../../../timings.ts';
import { letterOf } from '../../sql/our-rows.ts';
import { type Connection, openConnection } from '../connection/connection.ts';
import { patiently } from '../connection/patience.ts';
import { ensureSchema } from '../schema.ts';

export interface SqliteDeadLettersOptions {
  readonly file: string;
  /** The sync's name. */
  readonly name: string;
  readonly timings: Pick<Timings, 'targetBusyMs' | 'targetBusyStepMs'>;
}

/** Positions are REAL: an entry that somebody else wrote may have a larger ID than an integer can hold here. */
const tables = `
CREATE TABLE IF NOT EXISTS _sync_dead (
  name TEXT NOT NULL, id TEXT NOT NULL, group_name TEXT NOT NULL, listener TEXT NOT NULL, generation REAL NOT NULL,
  seq REAL NOT NULL, type TEXT NOT NULL, key TEXT NOT NULL, event TEXT NOT NULL, reason TEXT NOT NULL, last_error TEXT NOT NULL,
  attempts_at TEXT NOT NULL, dead_at TEXT NOT NULL, PRIMARY KEY (name, id));
CREATE INDEX IF NOT EXISTS _sync_dead_order ON _sync_dead (name, generation, seq, id);
`;

/**
 * Opens the dead letters in a SQLite database. They are not fenced: any daemon may store one, and storing it again changes
 * nothing. The first one makes the table. Until then everything reads as empty, and reading makes neither file nor table.
 */
export function openSqliteDeadLetters({
  file,
  name,
  timings,
}: SqliteDeadLettersOptions): DeadLetters & AsyncDisposable {
  let opened: Connection | undefined;
  const open = async (): Promise<Connection> => {
    opened ??= await openDurably(file, timings);
    return opened;
  };
  const whereThere = async <T>(work: (connection: Connection) => T, empty: T): Promise<T> => {
    if (!opened && !existsSync(file)) return empty;
    const connection = await open();
    return connection.read(() => (hasTable(connection) ? work(connection) : empty));
  };
  const get = (id: string): Promise<DeadLetterRow | null> =>
    whereThere((connection) => {
      const row = connection.statement('SELECT * FROM _sync_dead WHERE name = ? AND id = ?').get(name, id);
      return row ? readLetter(row) : null;
    }, null);

  return {
    async store(letter) {
      const connection = await open();
      return connection.transaction(() => {
        ensureSchema(connection);
        connection.exec(tables);
        return insert(connection, name, letter);
      });
    },
    list: (query) => whereThere((connection) => select(connection, name, query), []),
    get,
    async drop(id) {
      if ((await get(id)) === null) return false;
      const connection = await open();
      const remove = connection.statement('DELETE FROM _sync_dead WHERE name = ? AND id = ?');
      return connection.transaction(() => Number(remove.run(name, id).changes) > 0);
    },
    countByListener: () => whereThere((connection) => countAll(connection, name), {}),
    async [Symbol.asyncDispose]() {
      opened?.close();
    },
  };
}

/** A dead letter's event is acknowledged right after it is stored: it must be on the disk by then, whatever SQLite's default is. */
async function openDurably(
  file: string,
  { targetBusyMs, targetBusyStepMs }: SqliteDeadLettersOptions['timings'],
): Promise<Connection> {
  const patience = { busyMs: targetBusyMs, stepMs: targetBusyStepMs };
  const connection = openConnection(file, patience, { readOnly: false });
  try {
    await patiently(connection.label, patience, () => connection.exec('PRAGMA synchronous = FULL'));
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function hasTable(connection: Connection): boolean {
  const sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_sync_dead'";
  return connection.statement(sql).get() !== undefined;
}

function insert(connection: Connection, name: string, letter: DeadLetterRow): boolean {
  const { generation, seq } = letter.position;
  const { changes } = connection
    .statement(
      `INSERT INTO _sync_dead (name, id, group_name, listener, generation, seq, type, key, event, reason, last_error,
         attempts_at, dead_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    )
    .run(
      ...[name, letter.id, letter.group, letter.listener, generation, seq, letter.type, letter.key, letter.event],
      ...[
        letter.reason,
        letter.lastError.toWellFormed(),
        JSON.stringify(letter.attemptsAt),
        letter.deadAt.toISOString(),
      ],
    );
  return Number(changes) > 0;
}

function select(connection: Connection, name: string, query: DeadLetterQuery): DeadLetterRow[] {
  const { listener = null, key = null, olderThan, after, limit = -1 } = query;
  const rows = connection
    .statement(
      `SELECT * FROM _sync_dead WHERE name = ?1 AND (?2 IS NULL OR listener = ?2) AND (?3 IS NULL OR key = ?3)
         AND (?4 IS NULL OR dead_at < ?4) AND (generation, seq, id) > (?5, ?6, ?7)
       ORDER BY generation, seq, id LIMIT ?8`,
    )
    .all(
      ...[name, listener, key, olderThan?.toISOString() ?? null],
      ...[after?.position.generation ?? -1, after?.position.seq ?? -1, after?.id ?? '', limit],
    );
  return rows.map(readLetter);
}

function countAll(connection: Connection, name: string): Record<string, number> {
  const rows = connection
    .statement(
      'SELECT listener, count(*) AS letters FROM _sync_dead WHERE name = ? GROUP BY listener ORDER BY listener',
    )
    .all(name);
  return Object.fromEntries(rows.map(({ listener, letters }) => [String(listener), Number(letters)]));
}

function readLetter(row: Readonly<Record<string, unknown>>): DeadLetterRow {
  return letterOf(row, new Date(String(row.dead_at)));
}

import type { DeadLetterQuery, DeadLetterRow, DeadLetters } from '../../../listener.ts';
import { letterOf } from '../../sql/our-rows.ts';
import { addressOf } from '../connection/address.ts';
import { createConnection } from '../connection/connection.ts';
import { type PostgresTimings, patienceOf } from '../connection/patience.ts';
import type { Row, Session } from '../connection/session.ts';
import type { PostgresOptions } from '../reader.ts';
import { storable } from '../rows/literals.ts';
import { ensureSchema, hasSchema, type Place, placeIn, type Transact } from '../schema.ts';

export interface PostgresDeadLettersOptions extends PostgresOptions {
  readonly timings: PostgresTimings;
}

/**
 * Opens the dead letters in a Postgres database. They are not fenced: any daemon may store one, and storing it again changes
 * nothing. The first one makes the tables. Until then everything reads as empty.
 */
export function openPostgresDeadLetters(options: PostgresDeadLettersOptions): DeadLetters & AsyncDisposable {
  const { name, schema, timings } = options;
  const address = addressOf(options);
  const patience = patienceOf(timings);
  const connection = createConnection(address, `cronsync:${name}`, patience, 'write');
  const place = placeIn(schema, address.label);
  const transact: Transact = (work) => connection.transaction(work);
  const whereThere = <T>(work: (session: Session) => Promise<T>, empty: T): Promise<T> =>
    transact(async (session) => ((await hasSchema(session, place)) ? work(session) : empty));

  return {
    async store(letter) {
      await ensureSchema(transact, place);
      return transact((session) => insert(session, place, name, letter));
    },
    list: (query) => whereThere((session) => select(session, place, name, query), []),
    get: (id) => whereThere((session) => selectOne(session, place, name, id), null),
    drop: (id) => whereThere((session) => remove(session, place, name, id), false),
    countByListener: () => whereThere((session) => countAll(session, place, name), {}),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

async function insert(session: Session, { table }: Place, name: string, letter: DeadLetterRow): Promise<boolean> {
  const { generation, seq } = letter.position;
  const { count } = await session.query(
    `INSERT INTO ${table('_sync_dead')} (name, id, group_name, listener, generation, seq, type, key, event, reason, last_error,
       attempts_at, dead_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING`,
    [
      ...[name, letter.id, letter.group, letter.listener, generation, seq, storable(letter.type), storable(letter.key)],
      ...[storable(letter.event), letter.reason, storable(letter.lastError)],
      ...[JSON.stringify(letter.attemptsAt), letter.deadAt.toISOString()],
    ],
  );
  return count > 0;
}

async function select(
  session: Session,
  { table }: Place,
  name: string,
  { listener, key, olderThan, after, limit }: DeadLetterQuery,
): Promise<DeadLetterRow[]> {
  const { rows } = await session.query(
    `SELECT *, extract(epoch FROM dead_at) * 1000 AS dead_ms FROM ${table('_sync_dead')}
     WHERE name = $1 AND ($2::text IS NULL OR listener = $2) AND ($3::text IS NULL OR key = $3)
       AND ($4::timestamptz IS NULL OR dead_at < $4)
       AND (generation, seq, id) > ($5::double precision, $6::double precision, $7::text)
     ORDER BY generation, seq, id LIMIT $8`,
    [
      ...[name, listener ?? null, key ?? null, olderThan?.toISOString() ?? null],
      ...[after?.position.generation ?? -1, after?.position.seq ?? -1, after?.id ?? '', limit ?? null],
    ],
  );
  return rows.map(readLetter);
}

async function selectOne(session: Session, { table }: Place, name: string, id: string): Promise<DeadLetterRow | null> {
  const { rows } = await session.query(
    `SELECT *, extract(epoch FROM dead_at) * 1000 AS dead_ms FROM ${table('_sync_dead')} WHERE name = $1 AND id = $2`,
    [name, id],
  );
  return rows[0] ? readLetter(rows[0]) : null;
}

async function remove(session: Session, { table }: Place, name: string, id: string): Promise<boolean> {
  const { count } = await session.query(`DELETE FROM ${table('_sync_dead')} WHERE name = $1 AND id = $2`, [name, id]);
  return count > 0;
}

async function countAll(session: Session, { table }: Place, name: string): Promise<Record<string, number>> {
  const { rows } = await session.query(
    `SELECT listener, count(*) AS letters FROM ${table('_sync_dead')} WHERE name = $1 GROUP BY listener ORDER BY listener`,
    [name],
  );
  return Object.fromEntries(rows.map(({ listener, letters }) => [String(listener), Number(letters)]));
}

function readLetter(row: Row): DeadLetterRow {
  return letterOf(row, new Date(Number(row.dead_ms)));
}

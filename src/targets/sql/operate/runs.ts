import type { RunCount, RunQuery, RunRow, RunSpan } from '../../../run-row.ts';
import { type OurRow, textOrNull } from '../our-rows.ts';
import { type Book, bookVersion, type SharedStatement } from './book.ts';

/** For how long a run is remembered. */
const keptMs = 7 * 24 * 60 * 60 * 1000;

/** So many are remembered in any case: a sync may run once a week, and a host may have a clock that is far ahead. */
const keptRuns = 100;

export function selectRuns(book: Book, version: number, { limit, since, before, outcomes }: RunQuery): SharedStatement {
  const { startedAt, outcome } = columnsOf(book, version);
  const values: (string | number)[] = [book.name];
  const value = (one: string | number): string => `$${values.push(one)}`;
  const conditions = ['name = $1'];
  if (since) conditions.push(`${startedAt} >= ${value(since.getTime())}`);
  if (before) conditions.push(`${startedAt} < ${value(before.getTime())}`);
  if (outcomes?.length === 0) conditions.push('1 = 0');
  else if (outcomes)
    conditions.push(`coalesce(${outcome}, '') IN (${outcomes.map((one) => value(one ?? '')).join(', ')})`);
  const sql = `SELECT row FROM ${book.table('_sync_runs')} WHERE ${conditions.join(' AND ')}
    ORDER BY ${startedAt} DESC, id DESC LIMIT ${value(limit)}`;
  return { sql, values };
}

export function countRuns(book: Book, version: number, since: Date): SharedStatement {
  const { startedAt, outcome } = columnsOf(book, version);
  const sql = `SELECT ${outcome} AS outcome, count(*) AS runs FROM ${book.table('_sync_runs')}
    WHERE name = $1 AND ${startedAt} >= $2 GROUP BY 1 ORDER BY 1`;
  return { sql, values: [book.name, since.getTime()] };
}

export function countRunsBySpan(book: Book, version: number, since: Date, spanMs: number): SharedStatement {
  const { startedAt, outcome } = columnsOf(book, version);
  const sql = `SELECT ${startedAt} - ${startedAt} % $3 AS at, ${outcome} AS outcome, count(*) AS runs
    FROM ${book.table('_sync_runs')} WHERE name = $1 AND ${startedAt} >= $2 GROUP BY 1, 2 ORDER BY 1, 2`;
  return { sql, values: [book.name, since.getTime(), spanMs] };
}

function columnsOf({ oldRun }: Book, version: number) {
  return version < bookVersion ? oldRun : { startedAt: 'started_at', outcome: 'outcome' };
}

export function runOf({ row }: OurRow): RunRow {
  const run = JSON.parse(String(row));
  return { ...run, startedAt: new Date(run.startedAt), endedAt: run.endedAt === null ? null : new Date(run.endedAt) };
}

export function runCountOf({ outcome, runs }: OurRow): RunCount {
  return { outcome: textOrNull(outcome), count: Number(runs) };
}

export function runSpanOf(row: OurRow): RunSpan {
  return { at: new Date(Number(row.at)), ...runCountOf(row) };
}

export function storeRun({ name, table }: Book, run: RunRow): SharedStatement {
  const sql = `INSERT INTO ${table('_sync_runs')} (name, run, row, started_at, outcome) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (name, run) DO UPDATE SET row = excluded.row, started_at = excluded.started_at, outcome = excluded.outcome`;
  return { sql, values: [name, run.run, JSON.stringify(run), run.startedAt.getTime(), run.outcome] };
}

/** Forgets the runs that are too old as this one starts. */
export function dropOldRuns({ name, table }: Book, { startedAt }: RunRow): SharedStatement {
  const ours = table('_sync_runs');
  const sql = `DELETE FROM ${ours} WHERE name = $1 AND started_at < $2 AND started_at <
    (SELECT started_at FROM ${ours} WHERE name = $1 ORDER BY started_at DESC LIMIT 1 OFFSET ${keptRuns - 1})`;
  return { sql, values: [name, startedAt.getTime() - keptMs] };
}

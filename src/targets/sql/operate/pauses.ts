import type { Pause } from '../../../pause.ts';
import { type OurRow, textOrNull } from '../our-rows.ts';
import type { Book, SharedStatement } from './book.ts';

/** Stands for the sync in the column `listener`, which is part of the key. */
const theSync = '';

export function selectPauses({ name, table }: Book, now: number): SharedStatement {
  const sql = `SELECT listener, until, reason, who, at FROM ${table('_sync_pauses')}
    WHERE name = $1 AND (until IS NULL OR until > $2) ORDER BY listener`;
  return { sql, values: [name, now] };
}

export function pauseOf({ listener, until, reason, who, at }: OurRow): Pause {
  return {
    listener: listener === theSync ? null : String(listener),
    until: until === null ? null : new Date(Number(until)),
    reason: textOrNull(reason),
    who: String(who),
    at: new Date(Number(at)),
  };
}

export function storePause({ name, table }: Book, { listener, until, reason, who, at }: Pause): SharedStatement {
  const sql = `INSERT INTO ${table('_sync_pauses')} (name, listener, until, reason, who, at) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (name, listener) DO UPDATE SET until = excluded.until, reason = excluded.reason, who = excluded.who, at = excluded.at`;
  return { sql, values: [name, listener ?? theSync, until?.getTime() ?? null, reason, who, at.getTime()] };
}

export function dropPause({ name, table }: Book, listener: string | null): SharedStatement {
  const sql = `DELETE FROM ${table('_sync_pauses')} WHERE name = $1 AND listener = $2`;
  return { sql, values: [name, listener ?? theSync] };
}

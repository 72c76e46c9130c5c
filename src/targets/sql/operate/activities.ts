import type { Activity, ActivityQuery } from '../../../activity.ts';
import { type OurRow, textOrNull } from '../our-rows.ts';
import type { Book, SharedStatement } from './book.ts';

/** How many of one sync are kept. */
const activitiesKept = 10_000;

export function selectActivities({ name, table }: Book, { limit, before }: ActivityQuery): SharedStatement {
  const sql = `SELECT id, at, who, what, why, detail FROM ${table('_sync_activity')} WHERE name = $1 AND id < $2
    ORDER BY id DESC LIMIT $3`;
  return { sql, values: [name, before ?? Number.MAX_SAFE_INTEGER, limit] };
}

export function activityOf(row: OurRow): Activity {
  return {
    id: Number(row.id),
    at: new Date(Number(row.at)),
    who: String(row.who),
    what: String(row.what),
    why: textOrNull(row.why),
    detail: JSON.parse(String(row.detail)),
  };
}

export function storeActivity({ name, table }: Book, activity: Omit<Activity, 'id'>): SharedStatement {
  const { at, who, what, why, detail } = activity;
  const sql = `INSERT INTO ${table('_sync_activity')} (name, at, who, what, why, detail) VALUES ($1, $2, $3, $4, $5, $6)`;
  return { sql, values: [name, at.getTime(), who, what, why, JSON.stringify(detail)] };
}

export function dropOldActivities({ name, table }: Book): SharedStatement {
  const ours = table('_sync_activity');
  const sql = `DELETE FROM ${ours} WHERE name = $1 AND id <=
    (SELECT id FROM ${ours} WHERE name = $1 ORDER BY id DESC LIMIT 1 OFFSET ${activitiesKept})`;
  return { sql, values: [name] };
}

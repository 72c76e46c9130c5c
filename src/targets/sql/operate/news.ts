import type { StoredPreview } from '../../../target.ts';
import type { OurRow } from '../our-rows.ts';
import type { Book, SharedStatement } from './book.ts';

// What there is one text of for each sync: what was announced last, and the preview of a swap.

export function selectNews({ name, table }: Book): SharedStatement {
  return { sql: `SELECT state FROM ${table('_sync_news')} WHERE name = $1`, values: [name] };
}

export function storeNews({ name, table }: Pick<Book, 'name' | 'table'>, state: string): SharedStatement {
  const sql = `INSERT INTO ${table('_sync_news')} (name, state) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET state = excluded.state`;
  return { sql, values: [name, state] };
}

export function selectPreview({ name, table }: Book): SharedStatement {
  return { sql: `SELECT at, preview FROM ${table('_sync_previews')} WHERE name = $1`, values: [name] };
}

export function previewOf({ at, preview }: OurRow): StoredPreview {
  return { at: new Date(Number(at)), preview: String(preview) };
}

export function storePreview({ name, table }: Book, preview: string, now: number): SharedStatement {
  const sql = `INSERT INTO ${table('_sync_previews')} (name, at, preview) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE SET at = excluded.at, preview = excluded.preview`;
  return { sql, values: [name, now, preview] };
}

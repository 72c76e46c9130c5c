import type { StoredRefreshToken } from '../../../refresh-tokens.ts';
import type { Book, SharedStatement } from '../operate/book.ts';
import { type OurRow, textOrNull } from '../our-rows.ts';
import type { KeptChain } from './chain-rules.ts';

/** The version of our tables that keeps refresh tokens. */
export const tokensVersion = 5;

type Tables = Pick<Book, 'table'>;

/** Makes the row of a chain, and notes which sync uses it: a chain without a sync is forgotten. */
export function enterChain({ name, table }: Pick<Book, 'name' | 'table'>, chain: string): readonly SharedStatement[] {
  return [
    {
      sql: `INSERT INTO ${table('_sync_tokens')} (chain, claimed_at, claimed_until) VALUES ($1, 0, 0) ON CONFLICT DO NOTHING`,
      values: [chain],
    },
    {
      sql: `INSERT INTO ${table('_sync_token_users')} (name, chain) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
      values: [name, chain],
    },
  ];
}

/** `now` is an expression for the clock of the database; `lock` keeps others from the row. */
export function selectChain({ table }: Tables, chain: string, { now = 'NULL', lock = '' } = {}): SharedStatement {
  const columns = `token, stored_at, claim, claimed_at, claimed_until, lost_at, ${now} AS now`;
  return { sql: `SELECT ${columns} FROM ${table('_sync_tokens')} WHERE chain = $1 ${lock}`, values: [chain] };
}

export function updateChain({ table }: Tables, chain: string, kept: KeptChain): SharedStatement {
  const sql = `UPDATE ${table('_sync_tokens')}
    SET token = $2, stored_at = $3, claim = $4, claimed_at = $5, claimed_until = $6, lost_at = $7 WHERE chain = $1`;
  const { token, storedAt, claim, claimedAt, claimedUntil, lostAt } = kept;
  return { sql, values: [chain, token, storedAt, claim, claimedAt, claimedUntil, lostAt] };
}

/** Forgets the chains that no sync uses. */
export function dropUnusedChains({ table }: Tables): SharedStatement {
  const users = `SELECT chain FROM ${table('_sync_token_users')}`;
  return { sql: `DELETE FROM ${table('_sync_tokens')} WHERE chain NOT IN (${users})`, values: [] };
}

export function keptChainOf(row: OurRow): KeptChain {
  return {
    token: textOrNull(row.token),
    storedAt: numberOrNull(row.stored_at),
    claim: textOrNull(row.claim),
    claimedAt: Number(row.claimed_at),
    claimedUntil: Number(row.claimed_until),
    lostAt: numberOrNull(row.lost_at),
  };
}

export function storedTokenOf(row: OurRow): StoredRefreshToken {
  const { token, storedAt } = keptChainOf(row);
  return { token, storedAt: storedAt === null ? null : new Date(storedAt) };
}

function numberOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

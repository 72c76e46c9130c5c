import { forgottenName, largeTables, resourceTables, rowsPerStep, smallTables } from '../../sql/forgetting.ts';
import { dropUnusedChains } from '../../sql/tokens/chain-rows.ts';
import { change } from '../book.ts';
import type { Session } from '../connection/session.ts';
import { readFence } from '../fence/fence.ts';
import type { Place } from '../schema.ts';
import { exists, removeFrom, tablesWithName } from './our-tables.ts';

/** Gives the tables of the system up, and all else that is small. What is known of their records is removed afterwards. */
export async function giveUp(
  session: Session,
  place: Place,
  name: string,
  resources: readonly string[] | null,
): Promise<void> {
  const { table } = place;
  const { rows } = await session.query(`SELECT id, resource FROM ${table('_sync_tables')} WHERE name = $1 FOR UPDATE`, [
    name,
  ]);
  const withName = await tablesWithName(session, place);
  for (const { id, resource } of rows) {
    if (resources !== null && !resources.includes(String(resource))) continue;
    await session.query(`UPDATE ${table('_sync_tables')} SET name = $2, resource = $3, table_name = $4 WHERE id = $1`, [
      ...[Number(id), forgottenName(name), `${resource} ${id}`, `~${id}`],
    ]);
    for (const each of resourceTables.filter((one) => withName.includes(one)))
      await session.query(`DELETE FROM ${table(each)} WHERE name = $1 AND resource = $2`, [name, String(resource)]);
  }
  if (resources !== null) return;
  for (const each of smallTables(withName)) await removeFrom(session, place, each, name);
  if (await exists(session, place, '_sync_tokens')) await change(session, [dropUnusedChains(place)]);
}

/** Removes some of what a forgotten sync, or resource, has left. False: nothing is left. */
export async function removeSome(session: Session, place: Place, name: string): Promise<boolean> {
  const { table } = place;
  const { rows } = await session.query(`SELECT id FROM ${table('_sync_tables')} WHERE name = $1 LIMIT 1`, [
    forgottenName(name),
  ]);
  if (rows[0]) {
    await removeRecords(session, place, Number(rows[0].id));
    return true;
  }
  if ((await readFence(session, place, name)) !== null) return false;
  for (const each of largeTables) if (await removeRows(session, place, each, { name })) return true;
  return false;
}

/** Whether a forgotten sync has left something. */
export async function isLeft(session: Session, { table }: Place, name: string): Promise<boolean> {
  const rest = largeTables.map((each) => ` OR EXISTS (SELECT FROM ${table(each)} WHERE name = $1)`).join('');
  const { rows } = await session.query(
    `SELECT EXISTS (SELECT FROM ${table('_sync_tables')} WHERE name = $2)${rest} AS is_left`,
    [name, forgottenName(name)],
  );
  return rows[0]?.is_left === 't';
}

/** Removes some records of a forgotten resource, and at last its number. */
async function removeRecords(session: Session, place: Place, of: number): Promise<void> {
  for (const each of ['_sync_records', '_sync_aliases', '_sync_deferred']) {
    if ((await exists(session, place, each)) && (await removeRows(session, place, each, { of_table: of }))) return;
  }
  await session.query(`DELETE FROM ${place.table('_sync_tables')} WHERE id = $1`, [of]);
}

async function removeRows(
  session: Session,
  { table }: Place,
  from: string,
  where: Readonly<Record<string, string | number>>,
): Promise<boolean> {
  const [[column, value] = ['name', '']] = Object.entries(where);
  const some = `SELECT ctid FROM ${table(from)} WHERE ${column} = $1 LIMIT ${rowsPerStep}`;
  const { count } = await session.query(`DELETE FROM ${table(from)} WHERE ctid = ANY (ARRAY (${some}))`, [value]);
  return count > 0;
}

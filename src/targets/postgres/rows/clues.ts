import type { Arrived, Clues } from '../../../identity.ts';
import type { ResourceTable } from '../../../table.ts';
import { cluesFrom, keysInQuestion, type Standing } from '../../sql/arrivals.ts';
import type { Session } from '../connection/session.ts';
import type { Place } from '../schema.ts';
import type { Shape } from '../shape/shape.ts';
import { hasAliases } from './aliases.ts';
import { storable, textArray } from './literals.ts';
import { lookUp } from './look-up.ts';
import { lookalikesOf } from './lookalikes.ts';
import { wantedKey } from './wanted.ts';

interface Whose {
  readonly place: Place;
  readonly shape: Shape | null;
  /** The number of the resource; null where nothing is known of it. */
  readonly of: number | null;
  readonly adapter: string;
}

/**
 * The clues of all arrivals, each question asked once: which aliases are known; for the others, what has their keys, and what
 * looks like them.
 */
export async function cluesOf(
  session: Session,
  whose: Whose,
  table: ResourceTable,
  arrived: readonly Arrived[],
): Promise<Clues[]> {
  const { place, shape, of } = whose;
  const isKept = of !== null && (await hasAliases(session, place));
  const aliases = isKept ? await aliasesOf(session, whose, arrived) : new Map<string, string>();
  const strangers = arrived.filter(({ native }) => !aliases.has(native));
  const found = new Map(strangers.map((each, n) => [each, n]));
  const lookalikes = await lookalikesOf(session, shape, table, strangers);
  const wanted = strangers.map(({ native }) => wantedKey(native, shape));
  const rows = await lookUp(session, { place, shape, of, lock: '' }, wanted);
  const namesakes = new Set(strangers.flatMap(({ native }, n) => (rows[n]?.row ? native : [])));
  const standings = await standingsOf(session, whose, isKept, keysInQuestion(strangers, lookalikes));
  const inOrder = arrived.map((each) => lookalikes[found.get(each) ?? -1] ?? []);
  return cluesFrom(arrived, { aliases, namesakes, lookalikes: inOrder, standings });
}

async function aliasesOf(
  session: Session,
  { place, of, adapter }: Whose,
  arrived: readonly Arrived[],
): Promise<Map<string, string>> {
  const { rows } = await session.query(
    `SELECT a.native, a.key FROM unnest($3::text[]) AS e (native)
     JOIN LATERAL (SELECT native, key FROM ${place.table('_sync_aliases')}
       WHERE of_table = $1 AND adapter = $2 AND native = e.native LIMIT 1) a ON true`,
    [of, adapter, textArray(arrived.map(({ native }) => storable(native)))],
  );
  return new Map(rows.map(({ native, key }) => [String(native), String(key)]));
}

async function standingsOf(
  session: Session,
  { place, of, adapter }: Whose,
  isKept: boolean,
  keys: readonly string[],
): Promise<Map<string, Standing>> {
  if (of === null || keys.length === 0) return new Map();
  const { rows } = await session.query(standingsSql(place, isKept), [
    of,
    textArray(keys.map(storable)),
    ...(isKept ? [adapter] : []),
  ]);
  return new Map(
    rows.map(({ deleted, taken_by, made_by }, n) => [
      keys[n] ?? '',
      {
        entry: deleted === null || deleted === undefined ? null : deleted === 't' ? 'deleted' : 'live',
        takenBy: taken_by ?? null,
        madeBy: made_by ?? null,
      },
    ]),
  );
}

function standingsSql({ table }: Place, isKept: boolean): string {
  const aliases = `FROM ${table('_sync_aliases')} WHERE of_table = $1 AND key = e.key`;
  const taken = isKept
    ? `(SELECT native ${aliases} AND adapter = $3 LIMIT 1) AS taken_by,
       (SELECT adapter ${aliases} AND is_maker LIMIT 1) AS made_by`
    : 'NULL AS taken_by, NULL AS made_by';
  return `SELECT r.deleted, ${taken} FROM unnest($2::text[]) WITH ORDINALITY AS e (key, n)
    LEFT JOIN LATERAL (SELECT deleted FROM ${table('_sync_records')} WHERE of_table = $1 AND key = e.key LIMIT 1) r ON true
    ORDER BY e.n`;
}

import { type Bearer, type Clues, mostLookalikes, noClues } from '../identity.ts';
import { type Prepared, partsOf } from '../record.ts';
import type { ResourceTable } from '../table.ts';

/** Who brings records. */
export interface Bringer {
  readonly adapter: string;
  /** The adapters whose native keys are the keys. */
  readonly home: readonly string[];
  /** Nobody else has ever brought anything: what it has never brought is no record of ours. */
  readonly isAlone: boolean;
}

export function isAtHome({ adapter, home }: Bringer): boolean {
  return home.includes(adapter);
}

/** By what records were recognised. */
export interface Recognised {
  /** An alias from an earlier pass. */
  readonly alias: number;
  readonly match: number;
  /** The adapter is at home: its native key is the key. */
  readonly key: number;
  /** Nobody's: records that the system did not have. */
  readonly none: number;
}

const nobody: Recognised = { alias: 0, match: 0, key: 0, none: 0 };

export function sumRecognised(a: Recognised = nobody, b: Recognised): Recognised {
  return { alias: a.alias + b.alias, match: a.match + b.match, key: a.key + b.key, none: a.none + b.none };
}

/** The key of a record, and how it was found; or why there is none. */
export type Finding = { readonly key: string; readonly by: keyof Recognised } | { readonly because: string };

type KeyedTable = Pick<ResourceTable, 'key' | 'match'>;

/** Decides for each record whose it is. Pure. Aliases come first: what they name is not free for anybody else. */
export function recogniseAll(
  records: readonly Prepared[],
  clues: readonly Clues[],
  table: KeyedTable,
  by: Bringer,
): { readonly keys: readonly Finding[]; readonly recognised: Recognised } {
  const claimed = new Set(clues.flatMap(({ alias }) => alias ?? []));
  const recognised = { ...nobody };
  const keys = records.map((record, n): Finding => {
    const found = recognise(record.key, clues[n] ?? noClues, claimed, table, by);
    if ('because' in found) return found;
    claimed.add(found.key);
    recognised[found.by] += 1;
    return found;
  });
  return { keys, recognised };
}

function recognise(
  native: string,
  { alias, namesake, lookalikes }: Clues,
  claimed: ReadonlySet<string>,
  table: KeyedTable,
  by: Bringer,
): Finding {
  if (alias !== null && !sharesParts(native, alias, table)) return { because: apart(alias, table) };
  if (alias !== null) return { key: alias, by: 'alias' };
  const isFree = (bearer: Bearer) => bearer.takenBy === null && !claimed.has(bearer.key);
  if (namesake && isOwnKey(namesake, by) && isFree(namesake)) return { key: native, by: 'key' };
  // At home, what bears a key of this adapter's is recognised by that key alone.
  const free = lookalikes.filter((bearer) => isFree(bearer) && !isOwnKey(bearer, by));
  const alike = likeliest(free);
  const [only] = alike;
  const isCut = lookalikes.length > mostLookalikes && (!isAtHome(by) || free.length > 0);
  if (isCut || alike.length > 1) return { because: ambiguous(alike.length > 0 ? alike : lookalikes, table, isCut) };
  if (only) return { key: only.key, by: 'match' };
  if (namesake === null && !claimed.has(native)) return { key: native, by: 'none' };
  const isUnwritten = namesake !== null && !namesake.isRecord && isFree(namesake) && namesake.madeBy === null;
  return { because: isAtHome(by) && isUnwritten ? unwritten(native, by.adapter) : taken(native, by.adapter) };
}

/** Live rows rather than deleted ones. Of several that are deleted it is none: nothing live is at stake if it is new. */
function likeliest(free: readonly Bearer[]): readonly Bearer[] {
  const live = free.filter(({ isLive }) => isLive);
  if (live.length > 0) return live;
  return free.length === 1 ? free : [];
}

/** The key that a native key stands for, whatever comes under it; null where only its fields may tell. */
export function knownKey(native: string, { alias, namesake }: Clues, table: KeyedTable, by: Bringer): string | null {
  if (alias !== null) return sharesParts(native, alias, table) ? alias : null;
  return namesake && isOwnKey(namesake, by) ? native : null;
}

/** The key is one that this adapter's native key has become, or would have: whoever is at home gives the same keys. */
function isOwnKey({ isRecord, madeBy }: Bearer, by: Bringer): boolean {
  return isAtHome(by) && isRecord && (madeBy === null || by.home.includes(madeBy));
}

/** A part of the key that records are matched by, such as a tenant, is the system's own: no record ever moves to another one. */
function sharesParts(native: string, key: string, { key: names, match = [] }: KeyedTable): boolean {
  const shared = names.flatMap((name, at) => (match.includes(name) ? at : []));
  if (shared.length === 0) return true;
  const [theirs, ours] = [partsOf(native), partsOf(key)];
  return shared.every((at) => theirs[at] !== undefined && theirs[at] === ours[at]);
}

function apart(alias: string, { key, match = [] }: KeyedTable): string {
  const parts = key.filter((name) => match.includes(name)).join(' and ');
  return `its id was matched to ${alias} when match did not say ${parts}, and ${parts} is another one there`;
}

function ambiguous(alike: readonly Bearer[], { match = [] }: KeyedTable, isCut: boolean): string {
  const shown = alike.slice(0, 3).map(({ key }) => key);
  const more = alike.length > shown.length || isCut ? ', …' : '';
  return `might be any of the rows with the same ${match.join(' and ')}: ${shown.join(', ')}${more}`;
}

/** The keys of a table that was there before may be ids of its own: that it has this one says nothing. */
function unwritten(native: string, adapter: string): string {
  return (
    `nothing in the system matches it, and its id at ${adapter}, ${native}, is the key of a row that no run has written; ` +
    `if the keys of this table are the ids of ${adapter}, run once without match`
  );
}

function taken(native: string, adapter: string): string {
  return (
    `nothing in the system matches it, and its id at ${adapter}, ${native}, is the key of another record; ` +
    `map a key that nobody else gives, such as join('', ['${adapter}-', to_string(id)])`
  );
}

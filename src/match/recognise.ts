import { type Bearer, type Clues, mostLookalikes, noClues } from '../identity.ts';
import { type Prepared, partsOf } from '../record.ts';
import type { ResourceTable } from '../table.ts';

/** The adapter that brings records. */
export interface Bringer {
  readonly adapter: string;
  /** The adapters whose native keys are the system's keys. */
  readonly home: readonly string[];
  /** No other adapter has ever brought anything: what this one never brought is not one of our records. */
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
  /** Records that the system did not have. */
  readonly none: number;
}

const nobody: Recognised = { alias: 0, match: 0, key: 0, none: 0 };

export function sumRecognised(a: Recognised = nobody, b: Recognised): Recognised {
  return { alias: a.alias + b.alias, match: a.match + b.match, key: a.key + b.key, none: a.none + b.none };
}

/** The key of a record, and how it was found; or why there is none. */
export type Finding = { readonly key: string; readonly by: keyof Recognised } | { readonly because: string };

type KeyedTable = Pick<ResourceTable, 'key' | 'match'>;

/** Decides which of our records each record is. Pure. Aliases come first: a key that an alias names is not free for others. */
export function recogniseAll(
  records: readonly Prepared[],
  clues: readonly Clues[],
  table: KeyedTable,
  by: Bringer,
): { readonly keys: readonly Finding[]; readonly recognised: Recognised } {
  const claimed = new Set(clues.flatMap(({ alias }) => alias ?? []));
  const recognised = { ...nobody };
  const keys = records.map((record, n): Finding => {
    const found = recognise(record, clues[n] ?? noClues, claimed, table, by);
    if ('because' in found) return found;
    claimed.add(found.key);
    recognised[found.by] += 1;
    return found;
  });
  return { keys, recognised };
}

function recognise(
  { key: native, noKeyBecause }: Prepared,
  { alias, namesake, lookalikes }: Clues,
  claimed: ReadonlySet<string>,
  table: KeyedTable,
  by: Bringer,
): Finding {
  if (alias !== null && !sharesParts(native, alias, table)) return { because: apart(alias, table) };
  if (alias !== null) return { key: alias, by: 'alias' };
  const isFree = (bearer: Bearer) => bearer.takenBy === null && !claimed.has(bearer.key);
  if (noKeyBecause === undefined && namesake && isOwnKey(namesake, by) && isFree(namesake))
    return { key: native, by: 'key' };
  // At home, a row whose key is one of this adapter's native keys is recognised by that key alone.
  const free = lookalikes.filter((bearer) => isFree(bearer) && !isOwnKey(bearer, by));
  const alike = likeliest(free);
  const [only] = alike;
  const isCut = lookalikes.length > mostLookalikes && (!isAtHome(by) || free.length > 0);
  if (isCut || alike.length > 1) return { because: ambiguous(alike.length > 0 ? alike : lookalikes, table, isCut) };
  if (only) return { key: only.key, by: 'match' };
  if (noKeyBecause !== undefined) return { because: noKey(native, by.adapter, noKeyBecause) };
  if (namesake === null && !claimed.has(native)) return { key: native, by: 'none' };
  const isUnwritten = namesake !== null && !namesake.isRecord && isFree(namesake) && namesake.madeBy === null;
  return { because: isAtHome(by) && isUnwritten ? unwritten(native, by.adapter) : taken(native, by.adapter) };
}

/** Live rows come before deleted ones. If several deleted rows look like it, it is new: no live row is at stake. */
function likeliest(free: readonly Bearer[]): readonly Bearer[] {
  const live = free.filter(({ isLive }) => isLive);
  if (live.length > 0) return live;
  return free.length === 1 ? free : [];
}

/** The key that a native key stands for, whatever its fields are; null if only its fields can decide. */
export function knownKey(native: string, { alias, namesake }: Clues, table: KeyedTable, by: Bringer): string | null {
  if (alias !== null) return sharesParts(native, alias, table) ? alias : null;
  return namesake && isOwnKey(namesake, by) ? native : null;
}

/** Whether a native key of this adapter became this key, or would have: all adapters at home give the same keys. */
function isOwnKey({ isRecord, madeBy }: Bearer, by: Bringer): boolean {
  return isAtHome(by) && isRecord && (madeBy === null || by.home.includes(madeBy));
}

/** A part of the key that is also a match field, such as a tenant, belongs to the system: a record never moves to another. */
function sharesParts(native: string, key: string, { key: names, match = [] }: KeyedTable): boolean {
  const shared = names.flatMap((name, at) => (match.includes(name) ? at : []));
  if (shared.length === 0) return true;
  const [theirs, ours] = [partsOf(native), partsOf(key)];
  return shared.every((at) => theirs[at] !== undefined && theirs[at] === ours[at]);
}

function apart(alias: string, { key, match = [] }: KeyedTable): string {
  const parts = key.filter((name) => match.includes(name)).join(' and ');
  return `its id was matched to ${alias} when "match" did not include ${parts}, and ${parts} differs there`;
}

function ambiguous(alike: readonly Bearer[], { match = [] }: KeyedTable, isCut: boolean): string {
  const shown = alike.slice(0, 3).map(({ key }) => key);
  const more = alike.length > shown.length || isCut ? ', …' : '';
  return `might be any of the rows with the same ${match.join(' and ')}: ${shown.join(', ')}${more}`;
}

/** The keys of a table that existed before may be ids of its own: that it has this key proves nothing. */
function unwritten(native: string, adapter: string): string {
  return (
    `nothing in the system matches it, and its id at ${adapter}, ${native}, is the key of a row that no run has written; ` +
    `if the keys of this table are the ids of ${adapter}, run once without match`
  );
}

/** The third party's id is of another type than the key: it can name a record, and cannot make one. */
function noKey(native: string, adapter: string, because: string): string {
  return (
    `nothing in the system matches it, and its id at ${adapter}, ${native}, cannot be a key here, because ${because}; ` +
    'map a key that fits, or give the key the type "string"'
  );
}

function taken(native: string, adapter: string): string {
  return (
    `nothing in the system matches it, and its id at ${adapter}, ${native}, is the key of another record; ` +
    `map a key that nobody else gives, such as join('', ['${adapter}-', to_string(id)])`
  );
}

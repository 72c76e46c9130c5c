import type { Keys } from '../../adapter.ts';
import type { Log } from '../../log.ts';
import type { RawRecord } from '../../record.ts';
import type { Bookmarks } from './bookmark.ts';
import { isNewerThan, isOlderThan, oldestWith } from './newest.ts';
import type { Newest } from './stage.ts';
import type { Tombstones } from './tombstones.ts';

/** What is needed to distinguish records from tombstones. */
export interface Sorting {
  readonly bookmarks: Bookmarks;
  readonly tombstones: Tombstones;
  readonly keys: Keys;
  readonly log: Log;
  /** Of the records of the pages before this one. */
  readonly newest: Newest;
  /** Of the tombstones of the pages before this one. */
  readonly oldestGrave: Newest;
}

/** In a log, a later entry is newer. */
export type LogSorting = Omit<Sorting, 'bookmarks' | 'newest' | 'oldestGrave'>;

/** A page of changes: the records as they are now, and the keys of those that are gone. */
export interface Sorted {
  readonly records: readonly RawRecord[];
  readonly deleted: readonly string[];
  /** Keys of tombstones that are provably newer than the records of the pages before. In a log, all of them are. */
  readonly gone?: readonly string[];
  /** Keys of records that are provably older than every tombstone of the pages before. */
  readonly outlived?: readonly string[];
  /** Of all tombstones so far. */
  readonly oldestGrave?: Newest;
}

interface Grave {
  readonly key: string;
  readonly raw: RawRecord;
}

/** Used where a test of an adapter leaves `keys` out: an id is its own key. */
export const plainKeys: Keys = { record: plainKey, tombstone: plainKey };

/** Sorts a page of a log. Of several entries for one key, the last one counts. */
export function sortLog(page: readonly RawRecord[], document: unknown, sorting: LogSorting): Sorted {
  const { tombstones, keys } = sorting;
  const entries = page.map((raw) => {
    const isGone = tombstones.isOne(raw);
    return { raw, isGone, key: isGone ? keyOf(raw, sorting) : keys.record(raw) };
  });
  const goneLast = new Map(entries.flatMap(({ key, isGone }) => (key === null ? [] : [[key, isGone] as const])));
  const listed = tombstones.listed(document).flatMap((raw) => keyOf(raw, sorting) ?? []);
  return {
    records: entries.filter(({ key, isGone }) => !isGone && goneLast.get(key ?? '') !== true).map(({ raw }) => raw),
    deleted: [...new Set([...[...goneLast].filter(([, isGone]) => isGone).map(([key]) => key), ...listed])],
  };
}

/** Sorts a page of changes. A record that is provably older than its tombstone is left out, since it would win over it. */
export function sortChanges(page: readonly RawRecord[], document: unknown, sorting: Sorting): Sorted {
  const { tombstones, keys, bookmarks } = sorting;
  const among = page.filter((raw) => tombstones.isOne(raw));
  const live = page.filter((raw) => !tombstones.isOne(raw));
  const graves = new Map<string, RawRecord>();
  for (const raw of among) {
    const key = keyOf(raw, sorting);
    const known = key === null ? undefined : graves.get(key);
    if (key !== null && (known === undefined || bookmarks.isOlder(known, raw))) graves.set(key, raw);
  }
  const beside = gravesOf(tombstones.listed(document), sorting);
  const isOutlived = (raw: RawRecord) => {
    const grave = graves.get(keys.record(raw) ?? '');
    return grave !== undefined && bookmarks.isOlder(raw, grave);
  };
  const records = graves.size === 0 ? live : live.filter((raw) => !isOutlived(raw));
  const all = [...[...graves].map(([key, raw]) => ({ key, raw })), ...beside];
  const oldestGrave = oldestWith(sorting.oldestGrave, [...among, ...beside.map(({ raw }) => raw)], bookmarks);
  return { records, ...goneOf(all, sorting), outlived: outlivedIn(records, sorting), oldestGrave };
}

/** A key of which the page also has a record that is newer, or may be, is not among them. */
function outlivedIn(records: readonly RawRecord[], { keys, bookmarks, oldestGrave }: Sorting): readonly string[] {
  if (oldestGrave === null || oldestGrave === undefined) return [];
  const [older, others] = [new Set<string>(), new Set<string>()];
  for (const raw of records) {
    const key = keys.record(raw);
    if (key !== null) (isOlderThan(oldestGrave, raw, bookmarks) ? older : others).add(key);
  }
  return [...older].filter((key) => !others.has(key));
}

/** A page that lists only what is gone. */
export function sortGraves(page: readonly RawRecord[], sorting: Sorting): Sorted {
  return { records: [], ...goneOf(gravesOf(page, sorting), sorting) };
}

function gravesOf(tombstones: readonly RawRecord[], sorting: Sorting): readonly Grave[] {
  return tombstones.flatMap((raw) => {
    const key = keyOf(raw, sorting);
    return key === null ? [] : [{ key, raw }];
  });
}

function goneOf(graves: readonly Grave[], { bookmarks, newest }: Sorting): Pick<Sorted, 'deleted' | 'gone'> {
  const newer = graves.filter(({ raw }) => isNewerThan(newest, raw, bookmarks));
  return { deleted: keysOf(graves), gone: keysOf(newer) };
}

function keysOf(graves: readonly Grave[]): readonly string[] {
  return [...new Set(graves.map(({ key }) => key))];
}

/** Without a key it is unknown what is gone. The next snapshot will show it. */
function keyOf(raw: RawRecord, { keys, log }: LogSorting): string | null {
  const key = keys.tombstone(raw);
  if (key === null) log.warn('a tombstone has no readable key; the next full pass will find the record that it means');
  return key;
}

function plainKey(raw: RawRecord): string | null {
  const id = typeof raw === 'object' && raw !== null && 'id' in raw ? raw.id : raw;
  return typeof id === 'string' || typeof id === 'number' || typeof id === 'bigint' ? String(id) : null;
}

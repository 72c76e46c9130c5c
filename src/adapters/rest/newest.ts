import type { RawRecord } from '../../record.ts';
import type { Bookmarks } from './bookmark.ts';
import type { Newest } from './stage.ts';

/** When the newest record changed, with those of one more page. */
export function newestWith(before: Newest, records: readonly RawRecord[], bookmarks: Bookmarks): Newest {
  return mostWith(before, records, bookmarks, (place, most) => place > most);
}

/** When the oldest record changed, with those of one more page. */
export function oldestWith(before: Newest, records: readonly RawRecord[], bookmarks: Bookmarks): Newest {
  return mostWith(before, records, bookmarks, (place, most) => place < most);
}

function mostWith(
  before: Newest,
  records: readonly RawRecord[],
  bookmarks: Bookmarks,
  isMore: (place: bigint, most: bigint) => boolean,
): Newest {
  let most = before === null || before === undefined ? before : BigInt(before);
  for (const raw of records) {
    const place = wholePlace(raw, bookmarks);
    if (most === undefined || place === null) return undefined;
    if (most === null || isMore(place, most)) most = place;
  }
  return most === null || most === undefined ? most : String(most);
}

/** Whether a tombstone is provably newer than every record of the pages before it. */
export function isNewerThan(newest: Newest, raw: RawRecord, bookmarks: Bookmarks): boolean {
  if (newest === null || newest === undefined) return false;
  const place = wholePlace(raw, bookmarks);
  return place !== null && place > BigInt(newest);
}

/** Whether a record is provably older than every tombstone of the pages before it. */
export function isOlderThan(oldest: Newest, raw: RawRecord, bookmarks: Bookmarks): boolean {
  if (oldest === null || oldest === undefined) return false;
  const place = wholePlace(raw, bookmarks);
  return place !== null && place < BigInt(oldest);
}

/** A token has no order, and a fraction of a number cannot be stored as one. */
function wholePlace(raw: RawRecord, { changedAt }: Bookmarks): bigint | null {
  const place = changedAt(raw);
  if (typeof place === 'bigint') return place;
  return typeof place === 'number' && Number.isSafeInteger(place) ? BigInt(place) : null;
}

import type { RawRecord } from '../../record.ts';
import type { Bookmarks } from './bookmark.ts';
import type { Newest } from './stage.ts';

/** When the newest record changed, with those of one more page. */
export function newestWith(before: Newest, records: readonly RawRecord[], bookmarks: Bookmarks): Newest {
  let newest = before === null || before === undefined ? before : BigInt(before);
  for (const raw of records) {
    const place = wholePlace(raw, bookmarks);
    if (newest === undefined || place === null) return undefined;
    if (newest === null || place > newest) newest = place;
  }
  return newest === null || newest === undefined ? newest : String(newest);
}

/** Whether a tombstone is provably newer than every record of the pages before it. */
export function isNewerThan(newest: Newest, raw: RawRecord, bookmarks: Bookmarks): boolean {
  if (newest === null || newest === undefined) return false;
  const place = wholePlace(raw, bookmarks);
  return place !== null && place > BigInt(newest);
}

/** A token has no order, and a fraction of a number cannot be stored as one. */
function wholePlace(raw: RawRecord, { changedAt }: Bookmarks): bigint | null {
  const place = changedAt(raw);
  if (typeof place === 'bigint') return place;
  return typeof place === 'number' && Number.isSafeInteger(place) ? BigInt(place) : null;
}

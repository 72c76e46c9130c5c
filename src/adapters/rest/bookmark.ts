import { CursorExpiredError, ProtocolError } from '../../errors.ts';
import { compileExpression, type Expression } from '../../expression.ts';
import type { RawRecord } from '../../record.ts';
import type { Bookmark, BookmarkFormat } from './options.ts';
import { type Answered, withQuery } from './paging/pager.ts';
import { compilePlace } from './paging/place.ts';
import type { Mark } from './stage.ts';

/** A position in the third party's history: milliseconds since the epoch, a number that grows, or its own text. */
export type Place = number | bigint | string;

/** How to ask for what changed since a bookmark, and where the bookmark comes from. */
export interface Bookmarks {
  /** The URL of the first page of a pass. It asks from `overlap` before the bookmark. */
  since(first: URL, bookmark: string): URL;
  /**
   * Where a later pass starts, according to this page and those before it. What changes after the first page was answered (in
   * a log, after the last) must come later than this.
   */
  read(page: Omit<Answered, 'total'>, before: Mark | null): Mark;
  /** When a record, or a tombstone, says that it changed; null if it does not say so. */
  changedAt(raw: RawRecord): Place | null;
  /** Whether one record is provably older than another. */
  isOlder(raw: RawRecord, than: RawRecord): boolean;
  isExpired(document: unknown): boolean;
  /** True if the pages are a log: each has its bookmark, and a later entry is newer. */
  readonly isLog: boolean;
}

const defaultOverlapMs = 300_000;

export async function compileBookmarks(bookmark: Bookmark): Promise<Bookmarks> {
  const { param, query = {}, overlapMs = defaultOverlapMs } = bookmark;
  const format = bookmark.format ?? formatOf(bookmark);
  const field = bookmark.field === undefined ? null : await compileExpression(bookmark.field);
  const read = field ? readField(bookmark, field, format) : await compileSource(bookmark, format);
  const expired = bookmark.expired?.when === undefined ? null : await compileExpression(bookmark.expired.when);

  const changedAt = (raw: RawRecord) => (field ? readablePlace(field(raw), format) : null);

  return {
    isLog: bookmark.log === true,
    since: (first, at) => withQuery(first, { ...query, [param]: written(at, format, overlapMs) }),
    read,
    changedAt,
    isOlder: (raw, than) => {
      const [a, b] = [changedAt(raw), changedAt(than)];
      return a !== null && b !== null && a < b;
    },
    isExpired: (document) => expired !== null && isSaid(expired(document)),
  };
}

/** Whether a field means yes: anything but null, false, 0 and empty. */
export function isSaid(found: unknown): boolean {
  if (Array.isArray(found)) return found.length > 0;
  return found !== null && found !== undefined && found !== false && found !== '' && found !== 0;
}

function formatOf({ field, header }: Bookmark): BookmarkFormat {
  return field !== undefined || header?.toLowerCase() === 'date' ? 'iso' : 'token';
}

/** The bookmark that stands beside the records. That of the first page counts; in a log, that of each page. */
async function compileSource({ header, path, log }: Bookmark, format: BookmarkFormat): Promise<Bookmarks['read']> {
  const read = await compilePlace(header === undefined ? (path ?? '@') : { header });
  const where = header === undefined ? `\`${path}\`` : `the header ${header}`;
  return (page, before) => {
    if (before !== null && log !== true) return before;
    return { bookmark: String(demand(placeOf(read(page), format), where)), until: null };
  };
}

/**
 * The largest value of all pages that is not later than the first answer. What changed during the pass may have been missed,
 * and one record with a date far in the future would hide all others. If the answer has no time, only the first page counts.
 */
function readField({ field: name }: Bookmark, field: Expression, format: BookmarkFormat): Bookmarks['read'] {
  return ({ records, headers }, before) => {
    const found = records.map(field);
    const places = found.map((value) => readablePlace(value, format)).filter((place) => place !== null);
    const largest = places.reduce<Place | null>((most, place) => (most === null || place > most ? place : most), null);
    if (before === null) {
      const until = isTime(format) ? timeOfAnswer(headers.date) : null;
      const odd = found.find((value) => value !== null && value !== '');
      const place = records.length === 0 ? null : demand(largest ?? placeOf(odd, format), whereOf(name));
      return { bookmark: place === null ? null : String(earlier(place, until)), until };
    }
    const { bookmark, until } = before;
    if (until === null || largest === null) return before;
    const later = Math.max(Number(largest), Number(bookmark ?? Number.NEGATIVE_INFINITY));
    return { bookmark: String(earlier(later, until)), until };
  };
}

function whereOf(name: string | undefined): string {
  return `\`${name}\` in any record of the first page`;
}

function timeOfAnswer(date: string | undefined): number | null {
  const at = Date.parse(date ?? '');
  return Number.isNaN(at) ? null : at;
}

function earlier(place: Place, until: number | null): Place {
  return until !== null && until < Number(place) ? until : place;
}

function demand(place: Place | null, where: string): Place {
  if (place !== null) return place;
  throw new ProtocolError(`there is no bookmark: ${where} is not there; nothing of this page was written`, {
    hint: "Set the resource's `bookmark` to the place where the third party says when something changed.",
  });
}

function isTime(format: BookmarkFormat): boolean {
  return format === 'iso' || format === 'seconds' || format === 'milliseconds';
}

function placeOf(found: unknown, format: BookmarkFormat): Place | null {
  if (found === null || found === undefined || found === '') return null;
  const place = readablePlace(found, format);
  if (place !== null) return place;
  throw new ProtocolError(
    `the bookmark ${JSON.stringify(String(found))} cannot be read as ${format}; nothing of this page was written`,
  );
}

/** Null also if it cannot be read: one odd record proves nothing about the others. */
function readablePlace(found: unknown, format: BookmarkFormat): Place | null {
  if (found === null || found === undefined || found === '') return null;
  return isTime(format) ? timeOf(found, format) : format === 'number' ? numberOf(found) : tokenOf(found);
}

function timeOf(found: unknown, format: BookmarkFormat): number | null {
  const isNumber = typeof found === 'number' || typeof found === 'bigint' || /^\d+(\.\d+)?$/.test(String(found));
  if (isNumber) return format === 'iso' ? null : Math.floor(Number(found) * (format === 'seconds' ? 1000 : 1));
  const at = typeof found === 'string' ? Date.parse(zoned(found)) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

const isoWithoutZone = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$/;

/** A time without a zone is UTC, whatever the zone of this machine is. The zone of other forms than ISO is unknown. */
function zoned(text: string): string {
  if (isoWithoutZone.test(text)) return `${text.replace(' ', 'T')}Z`;
  const hasZone = /(Z|GMT|UTC|[+-]\d\d:?\d\d)$/i.test(text.trim());
  return hasZone || /^\d{4}-\d\d(-\d\d)?$/.test(text) ? text : '';
}

function numberOf(found: unknown): Place | null {
  if (typeof found === 'number' || typeof found === 'bigint') return found;
  return typeof found === 'string' && /^-?\d{1,1000}$/.test(found) ? BigInt(found) : null;
}

function tokenOf(found: unknown): string | null {
  return typeof found === 'object' ? null : String(found);
}

/** Whole seconds, rounded down: to ask from an earlier time costs nothing. */
function written(bookmark: string, format: BookmarkFormat, overlapMs: number): string {
  if (!isTime(format)) return bookmark;
  const from = Number(bookmark) - overlapMs;
  if (Number.isNaN(from))
    throw new CursorExpiredError('the stored bookmark is not a time, so everything is read again; no hit was made', {
      isBookmark: true,
    });
  if (format === 'milliseconds') return String(from);
  if (format === 'seconds') return String(Math.floor(from / 1000));
  return new Date(from).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

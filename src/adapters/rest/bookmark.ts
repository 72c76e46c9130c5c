import { CursorExpiredError, ProtocolError } from '../../errors.ts';
import { compileExpression, type Expression } from '../../expression.ts';
import type { RawRecord } from '../../record.ts';
import type { Bookmark, BookmarkFormat } from './options.ts';
import { type Answered, withQuery } from './pager.ts';

/** A place in the third party's own history: milliseconds since the epoch, a number that grows, or a text of its own. */
type Place = number | bigint | string;

/** How a resource is asked for what changed since a bookmark, and where the bookmark comes from. */
export interface Bookmarks {
  /** The URL of a pass's first page, asking from the bookmark on, less the overlap. */
  since(first: URL, bookmark: string): URL;
  /**
   * Where a later pass starts, by a page of this one, the first or, in a log, the last: whatever changes after that page
   * was answered comes later.
   * Null where an empty page says nothing.
   */
  read(page: Omit<Answered, 'total'>): string | null;
  /** Whether one record is provably older than another. */
  isOlder(raw: RawRecord, than: RawRecord): boolean;
  isExpired(document: unknown): boolean;
  /** The pages are a log: each has its bookmark, and the order of their entries tells what is newer. */
  readonly isLog: boolean;
}

const defaultOverlapMs = 300_000;

export async function compileBookmarks(bookmark: Bookmark): Promise<Bookmarks> {
  const { param, query = {}, overlapMs = defaultOverlapMs } = bookmark;
  const format = bookmark.format ?? formatOf(bookmark);
  const read = await compileSource(bookmark, format);
  const field = bookmark.field === undefined ? null : await compileExpression(bookmark.field);
  const expired = bookmark.expired?.when === undefined ? null : await compileExpression(bookmark.expired.when);

  return {
    isLog: bookmark.log === true,
    since: (first, at) => withQuery(first, { ...query, [param]: written(at, format, overlapMs) }),
    read: (page) => {
      const place = read(page);
      return place === null ? null : String(place);
    },
    isOlder: (raw, than) => {
      const [a, b] = [raw, than].map((record) => (field ? placeOf(field(record), format) : null));
      return a !== null && b !== null && a !== undefined && b !== undefined && a < b;
    },
    isExpired: (document) => expired !== null && isSaid(expired(document)),
  };
}

/** Whether a field says yes: not null, false, 0, or empty. */
export function isSaid(found: unknown): boolean {
  if (Array.isArray(found)) return found.length > 0;
  return found !== null && found !== undefined && found !== false && found !== '' && found !== 0;
}

function formatOf({ field, header }: Bookmark): BookmarkFormat {
  return field !== undefined || header?.toLowerCase() === 'date' ? 'iso' : 'token';
}

async function compileSource(
  { field, header, path }: Bookmark,
  format: BookmarkFormat,
): Promise<(page: Omit<Answered, 'total'>) => Place | null> {
  if (field !== undefined) {
    const read = await compileExpression(field);
    return ({ records, headers }) => latest(records, read, field, format, headers.date);
  }
  if (header !== undefined)
    return ({ headers }) => demand(placeOf(headers[header.toLowerCase()], format), `the header ${header}`);
  const read = await compileExpression(path ?? '@');
  return ({ document }) => demand(placeOf(read(document), format), `\`${path}\``);
}

/** The largest value, but none later than the answer itself: one record with a date far ahead would hide all others. */
function latest(
  records: readonly RawRecord[],
  read: Expression,
  field: string,
  format: BookmarkFormat,
  date: string | undefined,
): Place | null {
  if (records.length === 0) return null;
  const places = records.map((record) => placeOf(read(record), format)).filter((place) => place !== null);
  const largest = places.reduce<Place | null>((most, place) => (most === null || place > most ? place : most), null);
  const place = demand(largest, `\`${field}\` in any record of the first page`);
  const answeredAt = Date.parse(date ?? '');
  return isTime(format) && answeredAt < Number(place) ? answeredAt : place;
}

function demand(place: Place | null, where: string): Place {
  if (place !== null) return place;
  throw new ProtocolError(`there is no bookmark: ${where} is not there; nothing of this page was written`, {
    hint: "Set the resource's `bookmark` to where the third party says when something changed.",
  });
}

function isTime(format: BookmarkFormat): boolean {
  return format === 'iso' || format === 'seconds' || format === 'milliseconds';
}

function placeOf(found: unknown, format: BookmarkFormat): Place | null {
  if (found === null || found === undefined || found === '') return null;
  const place = isTime(format) ? timeOf(found, format) : format === 'number' ? numberOf(found) : tokenOf(found);
  if (place !== null) return place;
  throw new ProtocolError(
    `the bookmark ${JSON.stringify(String(found))} cannot be read as ${format}; nothing of this page was written`,
  );
}

function timeOf(found: unknown, format: BookmarkFormat): number | null {
  const isNumber = typeof found === 'number' || typeof found === 'bigint' || /^\d+(\.\d+)?$/.test(String(found));
  if (isNumber) return format === 'iso' ? null : Math.floor(Number(found) * (format === 'seconds' ? 1000 : 1));
  const at = typeof found === 'string' ? Date.parse(zoned(found)) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/** A time without a zone is UTC, wherever we run. */
function zoned(text: string): string {
  return /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text) ? `${text.replace(' ', 'T')}Z` : text;
}

function numberOf(found: unknown): Place | null {
  if (typeof found === 'number' || typeof found === 'bigint') return found;
  return typeof found === 'string' && /^-?\d+$/.test(found) ? BigInt(found) : null;
}

function tokenOf(found: unknown): string | null {
  return typeof found === 'object' ? null : String(found);
}

/** Whole seconds, rounded down: asking from earlier on costs nothing. */
function written(bookmark: string, format: BookmarkFormat, overlapMs: number): string {
  if (!isTime(format)) return bookmark;
  const from = Number(bookmark) - overlapMs;
  if (Number.isNaN(from))
    throw new CursorExpiredError('the stored bookmark is no time: everything is read again; no hit was made');
  if (format === 'milliseconds') return String(from);
  if (format === 'seconds') return String(Math.floor(from / 1000));
  return new Date(from).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

import { hash } from 'node:crypto';
import { ConfigError } from '../../../errors.ts';
import { canonicalJson, type RawRecord } from '../../../record.ts';
import type { OffsetPagination } from '../options.ts';
import { type Answered, type Pager, storedPlace, type Turn, withQuery } from './pager.ts';

interface Place {
  /** The position of the first record that was not read yet. */
  readonly offset: number;
  /** The digest of the record before it. The next page must begin with that record. */
  readonly last: string;
  /** The page before brought one record: the next one does not overlap, or an API that gives one a page would end there. */
  readonly isApart?: true;
}

/**
 * Offsets. Each page overlaps the page before by one record. If that record is not the same again, records have moved in the
 * meantime, and one may have been missed. A page with nothing after the overlap ends the pass.
 */
export function offsetPager({ param, limitParam, limit }: OffsetPagination): Pager {
  if (limit < 2)
    throw new ConfigError('offset pagination needs a limit of at least 2: its pages overlap by one record');

  return {
    urlOf: (first, cursor) => {
      const offset = cursor === null ? 0 : startOf(storedPlace(cursor, isPlace));
      return withQuery(first, { [limitParam]: limit, [param]: offset });
    },
    turn: (page, cursor) => {
      const { records } = page;
      if (cursor === null) return { records, next: placeAfter(records.length, page) };
      const place = storedPlace(cursor, isPlace);
      return place.isApart ? turnApart(page, place) : turnOverlapping(page, place);
    },
  };
}

function turnOverlapping(page: Answered, { offset, last }: Place): Turn {
  const [overlap, ...fresh] = page.records;
  const isSame = overlap !== undefined && digestOf(overlap) === last;
  const next = fresh.length === 0 ? null : placeAfter(offset + fresh.length, page);
  return isSame ? { records: fresh, next } : { records: page.records, next, shifted: true };
}

/** Nothing shows whether records have moved since the page before, unless this one is empty. */
function turnApart(page: Answered, { offset }: Place): Turn {
  const { records } = page;
  if (records.length === 0) return { records, next: null };
  return { records, next: placeAfter(offset + records.length, page), shifted: true };
}

function startOf({ offset, isApart }: Place): number {
  return isApart ? offset : offset - 1;
}

function placeAfter(offset: number, { records, total }: Answered): string | null {
  const last = records.at(-1);
  if (last === undefined || (total !== undefined && offset >= total)) return null;
  const place: Place = { offset, last: digestOf(last), ...(records.length === 1 && { isApart: true }) };
  return JSON.stringify(place);
}

function digestOf(record: RawRecord): string {
  return hash('sha256', canonicalJson(record), 'base64url').slice(0, 22);
}

function isPlace(found: object): found is Place {
  return 'offset' in found && Number.isSafeInteger(found.offset) && 'last' in found && typeof found.last === 'string';
}

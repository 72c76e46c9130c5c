import { hash } from 'node:crypto';
import { ConfigError } from '../../errors.ts';
import { canonicalJson, type RawRecord } from '../../record.ts';
import type { OffsetPagination } from './options.ts';
import { type Pager, storedPlace, withQuery } from './pager.ts';

interface Place {
  /** The position of the first record that was not read yet. */
  readonly offset: number;
  /** The digest of the record before it. The next page must begin with that record. */
  readonly last: string;
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
      const offset = cursor === null ? 0 : storedPlace(cursor, isPlace).offset - 1;
      return withQuery(first, { [limitParam]: limit, [param]: offset });
    },
    turn: ({ records, total }, cursor) => {
      const last = records.at(-1);
      if (cursor === null)
        return { records, next: last === undefined ? null : placeAfter(records.length, last, total) };

      const place = storedPlace(cursor, isPlace);
      const [overlap, ...fresh] = records;
      const isSame = overlap !== undefined && digestOf(overlap) === place.last;
      const next = fresh.length === 0 ? null : placeAfter(place.offset + fresh.length, last, total);
      return isSame ? { records: fresh, next } : { records, next, shifted: true };
    },
  };
}

function placeAfter(offset: number, last: RawRecord, total: number | undefined): string | null {
  if (total !== undefined && offset >= total) return null;
  return JSON.stringify({ offset, last: digestOf(last) } satisfies Place);
}

function digestOf(record: RawRecord): string {
  return hash('sha256', canonicalJson(record), 'base64url').slice(0, 22);
}

function isPlace(found: object): found is Place {
  return 'offset' in found && Number.isSafeInteger(found.offset) && 'last' in found && typeof found.last === 'string';
}

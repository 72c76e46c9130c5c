import type { PagePagination } from '../options.ts';
import { type Answered, type Pager, storedPlace, withQuery } from './pager.ts';

interface Place {
  readonly page: number;
  /** How many records were on the pages before. */
  readonly seen: number;
}

/**
 * Numbered pages. A pass ends when the API's total is reached, and at an empty page in any case. A short page ends it only if
 * the last complete pass brought as many records: an API may have lowered its page size below ours.
 */
export function pagePager({ param, start, sizeParam, size }: PagePagination): Pager {
  const sizeQuery = sizeParam !== undefined && size !== undefined ? { [sizeParam]: size } : {};

  return {
    urlOf: (first, cursor) => withQuery(first, { ...sizeQuery, [param]: placeOf(cursor, start).page }),
    turn: ({ records, total }, cursor, lastCount) => {
      const { page, seen } = placeOf(cursor, start);
      const sofar = seen + records.length;
      const isShort = size !== undefined && records.length < size;
      const isKnownEnd = isShort && sofar === lastCount;
      if (isLast(records.length, sofar, total ?? (isKnownEnd ? sofar : undefined))) return { records, next: null };
      return { records, next: JSON.stringify({ page: page + 1, seen: sofar } satisfies Place) };
    },
  };
}

function isLast(count: number, sofar: number, total: Answered['total']): boolean {
  return count === 0 || (total !== undefined && sofar >= total);
}

function placeOf(cursor: string | null, start: number): Place {
  return cursor === null ? { page: start, seen: 0 } : storedPlace(cursor, isPlace);
}

function isPlace(found: object): found is Place {
  return 'page' in found && Number.isSafeInteger(found.page) && 'seen' in found && Number.isSafeInteger(found.seen);
}

import type { PagePagination } from './options.ts';
import { type Answered, type Pager, storedPlace, withQuery } from './pager.ts';

interface Place {
  readonly page: number;
  /** How many records were on the pages before. */
  readonly seen: number;
}

/** Numbered pages. A pass ends when the API's total is reached or, without a total, at a short page. An empty page always ends it. */
export function pagePager({ param, start, sizeParam, size }: PagePagination): Pager {
  const sizeQuery = sizeParam !== undefined && size !== undefined ? { [sizeParam]: size } : {};

  return {
    urlOf: (first, cursor) => withQuery(first, { ...sizeQuery, [param]: placeOf(cursor, start).page }),
    turn: ({ records, total }, cursor) => {
      const { page, seen } = placeOf(cursor, start);
      const sofar = seen + records.length;
      if (isLast(records.length, sofar, total, size)) return { records, next: null };
      return { records, next: JSON.stringify({ page: page + 1, seen: sofar } satisfies Place) };
    },
  };
}

/** An API may limit the page size to less than ours, so with a total a short page is not the end. */
function isLast(count: number, sofar: number, total: Answered['total'], size: number | undefined): boolean {
  if (count === 0) return true;
  return total === undefined ? size !== undefined && count < size : sofar >= total;
}

function placeOf(cursor: string | null, start: number): Place {
  return cursor === null ? { page: start, seen: 0 } : storedPlace(cursor, isPlace);
}

function isPlace(found: object): found is Place {
  return 'page' in found && Number.isSafeInteger(found.page) && 'seen' in found && Number.isSafeInteger(found.seen);
}

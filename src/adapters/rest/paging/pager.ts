import type { Cursor } from '../../../adapter.ts';
import { CursorExpiredError } from '../../../errors.ts';
import type { RawRecord } from '../../../record.ts';

/** One kind of pagination. */
export interface Pager {
  /** The URL of the page at this cursor; null means the first page. `first` is the resource's URL with its own query. */
  urlOf(first: URL, cursor: Cursor | null): URL;
  /**
   * What a page says about itself and about the next page; `lastCount` is that of the `PageRequest`. Throws `ProtocolError`
   * if that makes no sense.
   */
  turn(page: Answered, cursor: Cursor | null, lastCount: number | null): Turn;
}

/** A page as it was answered. */
export interface Answered {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly document: unknown;
  readonly records: readonly RawRecord[];
  readonly total: number | undefined;
}

export interface Turn {
  readonly records: readonly RawRecord[];
  readonly next: Cursor | null;
  /** True if records moved across pages since the last page. */
  readonly shifted?: true;
}

/** Everything in one page. */
export const onePage: Pager = {
  urlOf: (first) => first,
  turn: ({ records }) => ({ records, next: null }),
};

export function withQuery(url: URL, query: Readonly<Record<string, string | number | boolean>>): URL {
  const copy = new URL(url);
  for (const [name, value] of Object.entries(query)) copy.searchParams.set(name, String(value));
  return copy;
}

/** Reads a cursor that was stored as JSON. A cursor of another kind of pagination starts the pass over. */
export function storedPlace<Place extends object>(cursor: Cursor, isPlace: (found: object) => found is Place): Place {
  try {
    const found: unknown = JSON.parse(cursor);
    if (typeof found === 'object' && found !== null && isPlace(found)) return found;
  } catch {
    // Text that is not JSON is also not a cursor of this kind.
  }
  throw new CursorExpiredError('the stored cursor belongs to another kind of pagination; no hit was made');
}

import type { Place } from '../draft.ts';
import { scalarsIn } from '../json-places.ts';
import { squeezed } from '../names.ts';
import type { PageFacts } from './answer.ts';

/** The API's own count of all records, and where it is. */
export interface TotalFound {
  readonly place: Place;
  readonly count: number;
}

/** Headers with the number of all records. */
export const totalHeaders: readonly string[] = [
  'x-total-count',
  'x-total',
  'x-wp-total',
  'total-count',
  'x-count',
  'x-total-results',
  'x-pagination-total-count',
];
/** Names of the number of all records, without case and punctuation. */
export const sureTotals: ReadonlySet<string> = new Set([
  ...[
    'total',
    'totalcount',
    'totalrows',
    'totalitems',
    'totalresults',
    'totalrecords',
    'totalhits',
    'totalelements',
    'totalsize',
  ],
  ...['odatacount', 'resultcount', 'recordcount', 'itemcount', 'totalentries', 'totalnumber'],
]);
/** They may also count the records of the page. */
const doubtfulNames = new Set(['count', 'items', 'hits', 'found', 'size', 'results']);

/** Finds the total. A `count` that is that of the page only is not one. */
export function totalOf({ answer, records }: PageFacts, isLastPage: boolean): TotalFound | null {
  const header = totalHeaders.find((name) => isCount(answer.headers[name], records.length));
  if (header !== undefined) return { place: { header }, count: Number(answer.headers[header]) };
  const counts = scalarsIn(answer.document).filter(({ value }) => isCount(value, records.length));
  const sure = counts.find(({ name }) => sureTotals.has(squeezed(name)));
  const found =
    sure ??
    counts.find(
      ({ name, value }) => doubtfulNames.has(squeezed(name)) && (Number(value) > records.length || isLastPage),
    );
  if (found === undefined || (!isLastPage && Number(found.value) === records.length)) return null;
  return { place: found.path, count: Number(found.value) };
}

function isCount(value: unknown, least: number): boolean {
  const isNumber = typeof value === 'number' || (typeof value === 'string' && /^\d{1,12}$/.test(value));
  return isNumber && Number.isSafeInteger(Number(value)) && Number(value) >= least;
}

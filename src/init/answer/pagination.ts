import type { PaginationDraft, Query } from '../draft.ts';
import type { PageFacts } from './answer.ts';
import { afterLastRecord, bodyCursor, linkHeader, nextUrl, type WayFound } from './cursors.ts';
import { numberedPages, offsets } from './numbered.ts';
import { type TotalFound, totalOf } from './total.ts';

export interface PagesFound {
  /** Null: everything is on one page. */
  readonly pagination: PaginationDraft | null;
  /** The parameters of the URL that are sent with every page. */
  readonly query: Query;
  readonly total: TotalFound | null;
  readonly notes: readonly string[];
}

/** Where it is plainest first: a link says more than a number. */
const ways: readonly ((facts: PageFacts) => WayFound | null)[] = [
  linkHeader,
  nextUrl,
  bodyCursor,
  offsets,
  numberedPages,
  afterLastRecord,
];

/** How one page leads to the next, by one answer. */
export function pagesOf(facts: PageFacts): PagesFound {
  const way = named(
    ways.reduce<WayFound | null>((found, find) => found ?? find(facts), null),
    facts.param,
  );
  const total = totalOf(facts, way === null || isLastPage(facts, way));
  const own = new Set(way?.ownParameters ?? []);
  const kept = [...facts.answer.url.searchParams].filter(([name]) => !own.has(name));
  return {
    pagination: way?.pagination ?? null,
    query: { ...Object.fromEntries(kept.map(([name, value]) => [name, plain(value)])), ...way?.first },
    total,
    notes: [...(way?.guess === undefined ? [] : [way.guess]), ...unreached(facts, way, total)],
  };
}

/** What a person has named is not a guess. A link needs no parameter. */
function named(way: WayFound | null, param: string | null): WayFound | null {
  if (way === null || param === null || !['cursor', 'page', 'offset'].includes(way.pagination.type)) return way;
  const { guess: _guess, first: _first, ...found } = way;
  return { ...found, pagination: { ...way.pagination, param }, ownParameters: [...way.ownParameters, param] };
}

/** Whether the answer itself says that nothing follows. */
function isLastPage({ answer: { headers } }: PageFacts, { pagination, isEnd }: WayFound): boolean {
  if (isEnd) return true;
  return pagination.type === 'link' && !/rel\s*=\s*"?next\b/i.test(headers.link ?? '');
}

function unreached({ records }: PageFacts, way: WayFound | null, total: TotalFound | null): readonly string[] {
  if (way !== null || total === null || total.count <= records.length) return [];
  return [
    `the API says that it has ${total.count} records and sent ${records.length}, but not how to ask for the others: write "pagination" into the config; until then nothing is deleted`,
  ];
}

/** A number is written as a number where it looks the same. */
function plain(value: string): string | number {
  return /^(0|[1-9]\d{0,8})$/.test(value) ? Number(value) : value;
}

import { compileExpression, type Expression } from '../../expression.ts';
import { type Bookmarks, compileBookmarks } from './bookmark.ts';
import type { GraveyardOptions, Pagination, RestOptions, RestResource } from './options.ts';
import { cursorPager, linkPager, nextUrlPager } from './paging/next.ts';
import { offsetPager } from './paging/offset.ts';
import { pagePager } from './paging/page.ts';
import { onePage, type Pager } from './paging/pager.ts';
import { compilePlace, type ReadPlace } from './paging/place.ts';
import { saysWhole } from './parts.ts';
import { compileTombstones, type Tombstones } from './tombstones.ts';

/** One resource, ready to be read. */
export interface ResourceReader {
  readonly resource: RestResource;
  readonly pager: Pager;
  readonly records: Expression;
  readonly total: ReadPlace;
  /** Says of an answer whether its records are whole now; null if they do not come in parts. */
  readonly isWhole: ((document: unknown) => boolean) | null;
  /** Null if there are only snapshots. */
  readonly bookmarks: Bookmarks | null;
  readonly tombstones: Tombstones;
  /** The pages that list what is gone; null if there are none. */
  readonly graves: ResourceReader | null;
}

export async function compileReader(resource: RestResource, options: RestOptions): Promise<ResourceReader> {
  const { pagination, records, total, parts, mode, bookmark, tombstones } = resource;
  const secret = options.auth?.type === 'query' ? options.auth.param : undefined;
  return {
    resource,
    pager: await pagerOf(pagination, secret),
    records: await compileExpression(records ?? '@'),
    total: total === undefined ? () => null : await compilePlace(total),
    isWhole: parts === undefined ? null : await compileWhole(parts),
    bookmarks: mode === 'changes' && bookmark ? await compileBookmarks(bookmark) : null,
    tombstones: await compileTombstones(tombstones),
    graves: tombstones?.from ? await compileReader(gravesOf(tombstones.from, resource), options) : null,
  };
}

async function compileWhole(parts: NonNullable<RestResource['parts']>): Promise<(document: unknown) => boolean> {
  const until = parts === 'merge' ? null : await compileExpression(parts.until);
  return (document) => saysWhole(until, document);
}

/** The pages of tombstones are asked for with the same bookmark, and with the headers of the resource. */
function gravesOf({ param, ...from }: GraveyardOptions, { headers, bookmark }: RestResource): RestResource {
  if (!bookmark) return from;
  const { query: _query, ...same } = bookmark;
  return { ...from, headers, mode: 'changes', bookmark: { ...same, ...(param !== undefined && { param }) } };
}

async function pagerOf(pagination: Pagination = { type: 'none' }, secret: string | undefined): Promise<Pager> {
  switch (pagination.type) {
    case 'none':
      return onePage;
    case 'page':
      return pagePager(pagination);
    case 'offset':
      return offsetPager(pagination);
    case 'cursor':
      return cursorPager(pagination, await compilePlace(pagination.next), secret);
    case 'link':
      return linkPager(pagination.rel, secret);
    case 'next-url':
      return nextUrlPager(await compilePlace(pagination.next), secret);
  }
}

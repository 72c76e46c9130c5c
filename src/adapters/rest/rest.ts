import type { Adapter, AdapterContext, Page, PageRequest } from '../../adapter.ts';
import { ConfigError, CursorExpiredError, ProtocolError } from '../../errors.ts';
import { compileExpression, type Expression } from '../../expression.ts';
import type { RawRecord } from '../../record.ts';
import { conditionOf, validatorsOf } from '../../validators.ts';
import { type Bookmarks, compileBookmarks } from './bookmark.ts';
import { plainKeys, sortChanges, sortLog } from './changes.ts';
import { describe, describeKeys } from './describe.ts';
import { readDocument } from './document.ts';
import { cursorPager, linkPager, nextUrlPager } from './next.ts';
import { offsetPager } from './offset.ts';
import type { Pagination, RestOptions, RestResource } from './options.ts';
import { pagePager } from './page.ts';
import { type Answered, onePage, type Pager, withQuery } from './pager.ts';
import { compilePlace, type ReadPlace } from './place.ts';
import { requestFor } from './request.ts';
import { compileTombstones, type Tombstones } from './tombstones.ts';

/** One resource, ready to be read. */
interface Reader {
  readonly pager: Pager;
  readonly records: Expression;
  readonly total: ReadPlace;
  /** Null: there are snapshots only. */
  readonly bookmarks: Bookmarks | null;
  readonly tombstones: Tombstones;
}

/** Reads any JSON API, by its config alone. A page is one JSON document, held in memory. */
export function createRestAdapter(options: RestOptions): Adapter {
  const readers = new Map<string, Promise<Reader>>();

  function readerOf(name: string, resource: RestResource): Promise<Reader> {
    const known = readers.get(name) ?? compileReader(resource, options);
    readers.set(name, known);
    return known;
  }

  return {
    modes: (name) => (resourceOf(options, name).mode === 'changes' ? ['snapshot', 'changes'] : ['snapshot']),
    isStable: (name) => isStable(resourceOf(options, name).pagination),
    async fetchPage(request, context) {
      const { http, signal } = context;
      const resource = resourceOf(options, request.resource);
      const reader = await readerOf(request.resource, resource);
      const own = firstUrl(options.baseUrl, resource);
      const first = since(own, reader, request);
      const asked = requestFor(reader.pager.urlOf(first, request.cursor), own, resource);
      const validators = asked.method === 'POST' ? null : (request.validators ?? null);
      const headers = { ...headersFor(asked), ...options.headers, ...resource.headers, ...conditionOf(validators) };
      const response = await http.request({ ...asked, headers }).catch((error: unknown) => {
        throw isGone(error, resource, request) ? gone(request, error) : error;
      });
      if (response.status === 304 && validators) return { mode: 'not-modified' };
      if (response.status === 304)
        throw new ProtocolError(
          'the third party answered 304 to a request without a condition; nothing of this page was written',
        );
      const document = await readDocument(response);
      signal.throwIfAborted();
      const answer = { url: response.url, headers: response.headers, document };
      return pageOf(answer, reader, resource, request, context);
    },
  };
}

function resourceOf({ resources }: RestOptions, name: string): RestResource {
  const resource = Object.hasOwn(resources, name) ? resources[name] : undefined;
  if (resource === undefined) throw new ConfigError(`the adapter has no resource \`${name}\`; no hit was made`);
  return resource;
}

function firstUrl(baseUrl: string, { path, query }: RestResource): URL {
  const joined = path === '' ? baseUrl : `${baseUrl.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`;
  return withQuery(new URL(joined), query ?? {});
}

function since(first: URL, { bookmarks }: Reader, { bookmark }: PageRequest): URL {
  return bookmarks && bookmark !== null ? bookmarks.since(first, bookmark) : first;
}

function headersFor({ body }: { readonly body?: string }): Readonly<Record<string, string>> {
  return { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) };
}

function isStable(pagination: Pagination = { type: 'none' }): boolean {
  return pagination.type === 'none' || ('stable' in pagination && pagination.stable === true);
}

async function compileReader(resource: RestResource, { auth }: RestOptions): Promise<Reader> {
  const { pagination, records, total, mode, bookmark, tombstones } = resource;
  return {
    pager: await pagerOf(pagination, auth?.type === 'query' ? auth.param : undefined),
    records: await compileExpression(records ?? '@'),
    total: total === undefined ? () => null : await compilePlace(total),
    bookmarks: mode === 'changes' && bookmark ? await compileBookmarks(bookmark) : null,
    tombstones: await compileTombstones(tombstones),
  };
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
      return cursorPager(pagination, await compilePlace(pagination.next));
    case 'link':
      return linkPager(pagination.rel, secret);
    case 'next-url':
      return nextUrlPager(await compilePlace(pagination.next), secret);
  }
}

function pageOf(
  answer: Omit<Answered, 'records' | 'total'>,
  reader: Reader,
  resource: RestResource,
  request: PageRequest,
  { log }: AdapterContext,
): Page {
  const { bookmarks, tombstones } = reader;
  const { cursor, keys = plainKeys } = request;
  if (request.mode === 'changes' && bookmarks?.isExpired(answer.document)) throw gone(request);
  const found = reader.records(answer.document);
  if (!Array.isArray(found)) throw noRecords(found, answer.document, resource);
  const records: readonly RawRecord[] = found;
  const total = countOf(reader.total(answer));
  const turned = reader.pager.turn({ ...answer, records, total }, cursor);
  const isLog = bookmarks?.isLog === true;
  const bookmark = (cursor === null || isLog ? bookmarks?.read({ ...answer, records }) : null) ?? request.bookmark;
  const sorting = bookmarks && (isLog || request.mode === 'changes') ? { bookmarks, tombstones, keys, log } : null;
  const sorted = sorting && (isLog ? sortLog : sortChanges)(turned.records, answer.document, sorting);
  if (sorted && request.mode === 'changes')
    return { mode: 'changes', ...sorted, next: turned.next, bookmark: bookmark ?? '', isLog };

  const rest = { validators: validatorsOf(answer.headers), ...(bookmark !== null && { bookmark }) };
  if (sorted) return { mode: 'snapshot', ...turned, ...rest, records: sorted.records, gone: sorted.deleted, isLog };
  if (!tombstones.areAmongRecords) return { mode: 'snapshot', total, ...turned, ...rest };
  return { mode: 'snapshot', ...turned, ...rest, records: turned.records.filter((raw) => !tombstones.isOne(raw)) };
}

function noRecords(found: unknown, document: unknown, { records = '@' }: RestResource): ProtocolError {
  return new ProtocolError(
    `\`${records}\` is ${describe(found)}, where an array belongs; ${describeKeys(document)}. Nothing of this page was written`,
    {
      hint: "Set the resource's `records` to where the array of records is.",
    },
  );
}

/** Absent is fine: some APIs give it on the first page only. */
function countOf(found: unknown): number | undefined {
  if (found === null || found === undefined || found === '') return undefined;
  const count = typeof found === 'string' || typeof found === 'number' ? Number(found) : Number.NaN;
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new ProtocolError(
    `the total is ${JSON.stringify(found)}, where a count belongs; nothing of this page was written`,
  );
}

/** 410 says it, and what the config names: of a cursor, or of the bookmark that the first page was asked with. */
function isGone(error: unknown, { bookmark }: RestResource, { mode, cursor }: PageRequest): boolean {
  if (!(error instanceof ProtocolError) || error.status === undefined) return false;
  if (cursor !== null) return error.status === 410;
  return mode === 'changes' && [410, ...(bookmark?.expired?.status ?? [])].includes(error.status);
}

function gone({ cursor }: PageRequest, cause?: unknown): CursorExpiredError {
  const what =
    cursor === null
      ? 'the bookmark is too old; everything is read again'
      : 'the cursor has expired (410); the pass starts over';
  return new CursorExpiredError(`the third party says that ${what}`, {
    status: 410,
    ...(cause !== undefined && { cause }),
  });
}

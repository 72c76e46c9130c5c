import type { Adapter, AdapterContext, HttpResponse, Page, PageRequest } from '../../adapter.ts';
import { ConfigError, CursorExpiredError, ProtocolError } from '../../errors.ts';
import { conditionOf } from '../../validators.ts';
import { fetchOfParents, ofParent } from './children.ts';
import { documentIn, readBody } from './document.ts';
import type { RestOptions, RestResource } from './options.ts';
import { pageOf, pagePastEnd } from './page-of-answer.ts';
import { withQuery } from './paging/pager.ts';
import { partsOf } from './parts.ts';
import { requestFor } from './request.ts';
import { compileReader, type ResourceReader } from './resource-reader.ts';
import { stageOf } from './stage.ts';

/** Reads any JSON API according to its config. A page is one JSON document in memory. */
export function createRestAdapter(options: RestOptions): Adapter {
  const readers = new Map<string, Promise<ResourceReader>>();

  function readerOf(name: string): Promise<ResourceReader> {
    const known = readers.get(name) ?? compileReader(resourceOf(options, name), options);
    readers.set(name, known);
    return known;
  }

  return {
    modes: (name) => (resourceOf(options, name).mode === 'changes' ? ['snapshot', 'changes'] : ['snapshot']),
    isStable: (name) => isStable(resourceOf(options, name)),
    async fetchPage(request, context) {
      const reader = await readerOf(request.resource);
      const { parents } = request;
      if (reader.resource.of === undefined) return fetchList(reader, options, request, context);
      const log = request.cursor === null ? context.log : { ...context.log, warn() {} };
      const read = (key: string, cursor: PageRequest['cursor']) => {
        const list = { ...reader, resource: ofParent(reader.resource, key, parents?.fields ?? []) };
        const asked = { ...request, cursor, validators: null, lastCount: null };
        return fetchList(list, options, asked, { ...context, log });
      };
      return fetchOfParents(request, { read, log: context.log });
    },
  };
}

/** One page of a list. */
async function fetchList(
  all: ResourceReader,
  options: RestOptions,
  request: PageRequest,
  context: AdapterContext,
): Promise<Page> {
  const parts = all.isWhole === null ? null : partsOf(request.cursor);
  const ownCursor = parts === null ? request.cursor : parts.cursor;
  const stage = all.bookmarks === null ? { ...start, cursor: ownCursor } : stageOf(request.cursor);
  const reader = stage.isAtGraves && all.graves ? all.graves : all;
  const response = await ask(reader, options, { ...request, cursor: stage.cursor }, context);
  if (response === 'the same') return { mode: 'not-modified' };
  const asked = { stage, parts, request, log: context.log };
  if (response === 'past the end') return pagePastEnd(firstUrl(options.baseUrl, reader.resource), reader, asked);
  const body = await readBody(response);
  const document = documentIn(body, response);
  context.signal.throwIfAborted();
  if (request.mode === 'changes' && reader.bookmarks?.isExpired(document))
    throw gone({ ...request, cursor: stage.cursor });
  const answer = { url: response.url, headers: response.headers, document, body };
  return pageOf(answer, reader, asked);
}

const start = stageOf(null);

/** One hit. */
async function ask(
  { pager, resource, bookmarks }: ResourceReader,
  options: RestOptions,
  request: PageRequest,
  { http }: AdapterContext,
): Promise<HttpResponse | 'the same' | 'past the end'> {
  const { cursor, bookmark } = request;
  const own = firstUrl(options.baseUrl, resource);
  const first = bookmarks && bookmark !== null ? bookmarks.since(own, bookmark) : own;
  const asked = requestFor(pager.urlOf(first, cursor), own, resource);
  const validators = asked.method === 'POST' ? null : (request.validators ?? null);
  const headers = { ...headersFor(asked), ...options.headers, ...resource.headers, ...conditionOf(validators) };
  const response = await http.request({ ...asked, headers }).catch((error: unknown) => {
    if (isPastEnd(error, resource, cursor)) return 'past the end' as const;
    throw isGone(error, resource, request) ? gone(request, error) : error;
  });
  if (response === 'past the end' || response.status !== 304) return response;
  if (validators) return 'the same';
  throw new ProtocolError(
    'the third party answered 304 to a request without a condition; nothing of this page was written',
  );
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

function headersFor({ body }: { readonly body?: string }): Readonly<Record<string, string>> {
  return { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) };
}

/** A child may move to another parent while a pass walks over them. */
function isStable({ of, pagination = { type: 'none' } }: RestResource): boolean {
  if (of !== undefined) return false;
  return pagination.type === 'none' || ('stable' in pagination && pagination.stable === true);
}

/** The first page is never past the end: there is nothing before it that could have an end. */
function isPastEnd(error: unknown, { pagination }: RestResource, cursor: PageRequest['cursor']): boolean {
  if (!(error instanceof ProtocolError) || error.status === undefined || cursor === null) return false;
  return pagination !== undefined && 'pastEnd' in pagination && pagination.pastEnd?.includes(error.status) === true;
}

/** Recognises an expired cursor, or an expired bookmark on a first page: by 410, or by what the config names. */
function isGone(error: unknown, { bookmark }: RestResource, { mode, cursor }: PageRequest): boolean {
  if (!(error instanceof ProtocolError) || error.status === undefined) return false;
  if (cursor !== null) return error.status === 410;
  return mode === 'changes' && [410, ...(bookmark?.expired?.status ?? [])].includes(error.status);
}

function gone({ cursor }: PageRequest, cause?: unknown): CursorExpiredError {
  const isBookmark = cursor === null;
  const what = isBookmark
    ? 'the bookmark is too old; everything is read again'
    : 'the cursor has expired (410); the pass starts over';
  return new CursorExpiredError(`the third party says that ${what}`, {
    ...{ status: 410, isBookmark },
    ...(cause !== undefined && { cause }),
  });
}

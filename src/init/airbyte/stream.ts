import type { ChangesDraft, FieldDraft, LeftOut, Query, ResourceDraft } from '../draft.ts';
import { isMembers, listOf, type Members, membersOf, textOf } from '../json-places.ts';
import { resourceName } from '../names.ts';
import { Api } from '../openapi/api.ts';
import { keyOfFields, recordFields } from '../openapi/record-fields.ts';
import { shapeOf } from '../openapi/schema.ts';
import { changesRead, isStart, namesInterval } from './incremental.ts';
import type { Component, Manifest } from './manifest.ts';
import { type PagesRead, pagesRead } from './pages.ts';
import { jmesPath, type Names, plainText } from './template.ts';
import { addedFields, removedPaths } from './transformations.ts';

export interface StreamOptions {
  readonly names: Names;
  /** The schema of a stream from its file; null if there is none. */
  readonly schemaFile: (stream: string) => unknown;
  readonly include: readonly string[];
}

/** A stream as a resource below its base URL; `resource` is null where it has no counterpart, and `leftOut` says why. */
export interface StreamRead {
  readonly name: string;
  readonly base: string;
  readonly resource: ResourceDraft | null;
  readonly requester: Component;
  readonly leftOut: readonly LeftOut[];
  readonly notes: readonly string[];
}

export function readStream(manifest: Manifest, stream: Component, options: StreamOptions): StreamRead {
  const written = plainText(manifest.value(stream, 'name'), { ...options.names, parameters: stream.parameters });
  const name = resourceName(written ?? 'records');
  const retriever = manifest.part(stream, 'retriever');
  const requester = manifest.part(retriever, 'requester');
  const without = (why: string): StreamRead => ({
    name,
    base: '',
    resource: null,
    requester,
    leftOut: [{ what: name, why }],
    notes: [],
  });
  const unreadable = whyUnreadable(manifest, stream, retriever, requester);
  if (unreadable !== null) return without(unreadable);
  const names = { ...options.names, parameters: requester.parameters };
  const place = placeOf(manifest, requester, names);
  if (place === null) return without('its URL or its path is an expression that has no counterpart');
  const schema = schemaOf(manifest, stream, written ?? name, options);
  if (schema === null) return without('the manifest has no schema for it');
  const records = recordsOf(manifest, retriever, options.names);
  if (records === undefined) return without('its record selector has no counterpart');
  const pages = pagesRead(manifest, manifest.part(retriever, 'paginator'), records, names);
  if (typeof pages === 'string') return without(pages);
  return readWhole(manifest, { stream, retriever, requester, name, place, schema, records, pages, names }, options);
}

function whyUnreadable(
  manifest: Manifest,
  { node }: Component,
  retriever: Component,
  requester: Component,
): string | null {
  const type = textOf(node.type) ?? 'DeclarativeStream';
  if (type !== 'DeclarativeStream') return `a ${type} has no counterpart`;
  const kind = textOf(retriever.node.type) ?? 'SimpleRetriever';
  if (kind !== 'SimpleRetriever') return `its ${kind} has no counterpart`;
  const via = textOf(requester.node.type) ?? 'HttpRequester';
  if (via !== 'HttpRequester') return `its ${via} has no counterpart`;
  const router = retriever.node.partition_router;
  if (router !== undefined) {
    const routers = [manifest.resolve(router)]
      .flat()
      .map((one) => textOf(membersOf(manifest.resolve(one)).type) ?? 'partition router');
    return `it is asked for once for each part (${routers.join(', ')}), which has no counterpart`;
  }
  if (requester.node.request_body_data !== undefined) return 'its request is a form, which has no counterpart';
  return null;
}

interface Place {
  readonly base: string;
  readonly path: string;
}

function placeOf(manifest: Manifest, requester: Component, names: Names): Place | null {
  const [url, urlBase, path] = ['url', 'url_base', 'path'].map((name) =>
    plainText(manifest.value(requester, name) ?? '', names),
  );
  if (url === null || urlBase === null || path === null) return null;
  if (url) {
    const [, base = '', rest = ''] = /^(https?:\/\/[^/?#]+)(.*)$/.exec(url) ?? [];
    return base === '' ? null : { base, path: rest };
  }
  const base = withScheme(urlBase ?? '').replace(/\/+$/, '');
  return base === '' ? null : { base, path: path ? `/${path.replace(/^\/+/, '')}` : '' };
}

/** A setting may hold the scheme, or not: nobody can tell, so what has none gets one. */
function withScheme(base: string): string {
  return base === '' || /^https?:\/\//.test(base) || base.startsWith('$') ? base : `https://${base}`;
}

function schemaOf(manifest: Manifest, stream: Component, name: string, { schemaFile }: StreamOptions): Members | null {
  const loader = manifest.part(stream, 'schema_loader');
  const type =
    textOf(loader.node.type) ?? (loader.node.schema === undefined ? 'JsonFileSchemaLoader' : 'InlineSchemaLoader');
  const found =
    type === 'InlineSchemaLoader'
      ? manifest.resolve(loader.node.schema)
      : type === 'JsonFileSchemaLoader'
        ? schemaFile(name)
        : null;
  return isMembers(found) && isMembers(found.properties) ? found : null;
}

/** JMESPath to the records; null: the body. Undefined: it cannot be written. */
function recordsOf(manifest: Manifest, retriever: Component, names: Names): string | null | undefined {
  const extractor = manifest.part(manifest.part(retriever, 'record_selector'), 'extractor');
  const type = textOf(extractor.node.type) ?? 'DpathExtractor';
  if (type !== 'DpathExtractor') return undefined;
  const path = listOf(manifest.value(extractor, 'field_path')).map((name) =>
    plainText(name, { ...names, parameters: extractor.parameters }),
  );
  if (path.includes(null) || path.some((name) => name?.includes('$' + '{'))) return undefined;
  return path.length === 0 ? null : jmesPath(path.flatMap((name) => name ?? []));
}

interface Whole {
  readonly stream: Component;
  readonly retriever: Component;
  readonly requester: Component;
  readonly name: string;
  readonly place: Place;
  readonly schema: Members;
  readonly records: string | null;
  readonly pages: PagesRead;
  readonly names: Names;
}

function readWhole(manifest: Manifest, whole: Whole, { include }: StreamOptions): StreamRead {
  const { stream, retriever, requester, name, place, schema, records, pages, names } = whole;
  const api = new Api(schema);
  const read = recordFields(api, shapeOf(api, schema), include);
  const removed = removedPaths(manifest, stream);
  const added = addedFields(manifest, stream, names);
  const kept = read.fields
    .filter(({ path }) => !removed.has(path))
    .map((field) => ({ ...field, path: added.paths.get(field.path) ?? field.path }));
  const key = keyOf(manifest, stream, name, kept);
  if (key === null)
    return {
      name,
      base: place.base,
      resource: null,
      requester,
      leftOut: [{ what: name, why: 'no field identifies a record' }],
      notes: [],
    };
  const changes = changesRead(manifest, stream, requester, kept, { ...names, parameters: stream.parameters });
  const sent = requestOf(manifest, requester, names, changes);
  const about = (what: string, why: string): LeftOut => ({ what: `${name}: ${what}`, why });
  return {
    name,
    base: place.base,
    requester,
    resource: {
      name,
      path: place.path,
      query: { ...sent.query, ...pages.query },
      headers: sent.headers,
      ...(sent.body && { body: sent.body }),
      records,
      total: null,
      pagination: pages.pagination,
      key,
      fields: kept.map((field) => (key.includes(field.name) ? { ...field, isNullable: false } : field)),
      changes: typeof changes === 'string' ? null : changes,
    },
    leftOut: [
      ...read.leftOut.map(({ what, why }) => about(what, why)),
      ...sent.leftOut.map(({ what, why }) => about(what, why)),
      ...added.leftOut.map(({ what, why }) => about(what, why)),
      ...filterOf(manifest, retriever).map((why) => about('its filter', why)),
      ...(typeof changes === 'string' ? [about('its incremental cursor', changes)] : []),
    ],
    notes: pages.notes,
  };
}

function filterOf(manifest: Manifest, retriever: Component): readonly string[] {
  const { node } = manifest.part(manifest.part(retriever, 'record_selector'), 'record_filter');
  if (Object.keys(node).length === 0) return [];
  return [
    `the condition ${String(node.condition ?? node.type).slice(0, 80)} has no counterpart, so all records are kept`,
  ];
}

function keyOf(
  manifest: Manifest,
  stream: Component,
  name: string,
  fields: readonly FieldDraft[],
): readonly string[] | null {
  const written = [manifest.value(stream, 'primary_key')]
    .flat(2)
    .filter((part) => typeof part === 'string' && part !== '');
  const named = written.map((part) => fields.find(({ path }) => path === part)?.name);
  if (named.length > 0) return named.includes(undefined) ? null : named.flatMap((field) => field ?? []);
  const usual = keyOfFields(name, fields);
  return usual === undefined ? null : [usual];
}

interface Sent {
  readonly query: Query;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>> | null;
  readonly leftOut: readonly LeftOut[];
}

function requestOf(
  manifest: Manifest,
  requester: Component,
  names: Names,
  changes: ChangesDraft | string | null,
): Sent {
  const leftOut: LeftOut[] = [];
  const isPost = textOf(requester.node.http_method)?.toUpperCase() === 'POST';
  const texts = (member: string): Record<string, string> => {
    const named = manifest.resolve(requester.node[member]);
    if (named !== undefined && !isMembers(named))
      leftOut.push({ what: member, why: 'it is a text, not names and values' });
    return Object.fromEntries(
      Object.entries(membersOf(named)).flatMap(([name, value]) => {
        const isBookmark = changes !== null && typeof changes !== 'string' && isStart(value);
        if (isBookmark) return [];
        const text = plainText(value, names);
        if (text === null)
          leftOut.push({
            what: `${member}.${name}`,
            why: namesInterval(value)
              ? 'it is a part of an interval, which has no counterpart'
              : `${String(value).replace(/\s+/g, ' ').slice(0, 60)} is an expression that has no counterpart`,
          });
        return text === null || text === '' ? [] : [[name, text]];
      }),
    );
  };
  const query = texts('request_parameters');
  const headers = texts('request_headers');
  return { query, headers, body: isPost ? texts('request_body_json') : null, leftOut };
}

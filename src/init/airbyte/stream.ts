import type { FieldDraft, LeftOut, ResourceDraft } from '../draft.ts';
import { type Members, textOf } from '../json-places.ts';
import { resourceName } from '../names.ts';
import { Api } from '../openapi/api.ts';
import { keyOfFields, recordFields } from '../openapi/record-fields.ts';
import { shapeOf } from '../openapi/schema.ts';
import { changesRead, lookbackUnread } from './incremental.ts';
import type { Component, Manifest } from './manifest.ts';
import { type PagesRead, pagesRead } from './pages.ts';
import { type ParentNamed, parentNamed } from './parents.ts';
import { type Place, placeOf, requestOf } from './request.ts';
import { recordsOf, schemaOf } from './selector.ts';
import { type Names, plainText } from './template.ts';
import { addedFields, removedPaths } from './transformations.ts';

export interface StreamOptions {
  readonly names: Names;
  /** The schema of a stream from its file; null if there is none. */
  readonly schemaFile: (stream: string) => unknown;
  readonly include: readonly string[];
  /** How many streams this one is the parent of, one after the other. */
  readonly depth?: number;
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

/** How many streams may lead to one: each is asked for with the keys of the one before. */
const mostParents = 3;

/** The name of a stream, as the manifest has it; null if it is an expression that has no counterpart. */
export function writtenName(manifest: Manifest, stream: Component, names: Names): string | null {
  return plainText(manifest.value(stream, 'name'), { ...names, parameters: stream.parameters });
}

export function readStream(manifest: Manifest, stream: Component, options: StreamOptions): StreamRead {
  const written = writtenName(manifest, stream, options.names);
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
  const unreadable = whyUnreadable(stream, retriever, requester);
  if (unreadable !== null) return without(unreadable);
  const parent = parentNamed(manifest, retriever, options.names, (of) => {
    const depth = options.depth ?? 0;
    return depth < mostParents ? readStream(manifest, of, { ...options, depth: depth + 1 }) : null;
  });
  if (typeof parent === 'string') return without(parent);
  const names = {
    ...options.names,
    parameters: requester.parameters,
    ...(parent && { partition: parent.partition }),
  };
  const place = placeOf(manifest, requester, names);
  if (place === null) return without('its URL or its path is an expression that has no counterpart');
  const schema = schemaOf(manifest, stream, written ?? name, options.schemaFile);
  if (schema === null) return without('the manifest has no schema for it');
  const records = recordsOf(manifest, retriever, options.names);
  if (records === undefined) return without('its record selector has no counterpart');
  const pages = pagesRead(manifest, manifest.part(retriever, 'paginator'), records, names);
  if (typeof pages === 'string') return without(pages);
  const whole = { stream, retriever, requester, name, place, schema, records, pages, names, parent };
  return readWhole(manifest, whole, options);
}

function whyUnreadable({ node }: Component, retriever: Component, requester: Component): string | null {
  const type = textOf(node.type) ?? 'DeclarativeStream';
  if (type !== 'DeclarativeStream') return `a ${type} has no counterpart`;
  const kind = textOf(retriever.node.type) ?? 'SimpleRetriever';
  if (kind !== 'SimpleRetriever') return `its ${kind} has no counterpart`;
  const via = textOf(requester.node.type) ?? 'HttpRequester';
  if (via !== 'HttpRequester') return `its ${via} has no counterpart`;
  if (requester.node.request_body_data !== undefined) return 'its request is a form, which has no counterpart';
  return null;
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
  readonly parent: ParentNamed | null;
}

function readWhole(manifest: Manifest, whole: Whole, { include }: StreamOptions): StreamRead {
  const { stream, retriever, requester, name, place, schema, records, pages, names, parent } = whole;
  const without = (why: string): StreamRead => {
    return { name, base: place.base, resource: null, requester, leftOut: [{ what: name, why }], notes: [] };
  };
  const api = new Api(schema);
  const read = recordFields(api, shapeOf(api, schema), include);
  const removed = removedPaths(manifest, stream);
  const added = addedFields(manifest, stream, names);
  const kept = read.fields
    .filter(({ path }) => !removed.has(path))
    .map((field) => ({ ...field, path: added.paths.get(field.path) ?? field.path }));
  const key = keyOf(manifest, stream, name, kept);
  if (key === null) return without('no field identifies a record');
  const changes = changesOf(manifest, whole, kept);
  const lookback = changes === null || typeof changes === 'string' ? null : lookbackUnread(manifest, stream);
  const sent = requestOf(manifest, requester, names, changes);
  const query = {
    ...sent.query,
    ...pages.query,
    ...(parent?.param && { [parent.param]: parent.partition.placeholder }),
  };
  if (parent && !`${place.path} ${Object.values(query).join(' ')}`.includes(parent.partition.placeholder))
    return without(`the key of ${parent.of} goes where no config can put it`);
  const about = (what: string, why: string): LeftOut => ({ what: `${name}: ${what}`, why });
  return {
    name,
    base: place.base,
    requester,
    resource: {
      name,
      ...(parent && { of: parent.of }),
      path: place.path,
      query,
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
      ...(lookback === null ? [] : [about('its look-back window', lookback)]),
    ],
    notes: pages.notes,
  };
}

/** A list for each record of another stream is always read whole. */
function changesOf(manifest: Manifest, { stream, requester, names, parent }: Whole, fields: readonly FieldDraft[]) {
  const own = { ...names, parameters: stream.parameters };
  const changes = changesRead(manifest, stream, requester, fields, own);
  if (parent === null || changes === null || typeof changes === 'string') return changes;
  return `a list for each record of ${parent.of} has no bookmark: each pass reads everything`;
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

import { literal } from '../config.ts';
import { type Draft, type LeftOut, oneAMinute, type Query, type ResourceDraft, type ThrottleDraft } from '../draft.ts';
import { listOf, membersOf, textOf } from '../json-places.ts';
import { adapterName } from '../names.ts';
import type { Api, Parameter } from './api.ts';
import type { ListOperation, ListsFound } from './lists.ts';
import { pagesPlanned } from './pages.ts';
import { keyOfFields, recordFields } from './record-fields.ts';
import { securityOf } from './security.ts';

export interface OpenApiChoices {
  /** The values of parameters, by name. */
  readonly params: Readonly<Record<string, string>>;
  readonly key?: readonly string[];
  readonly include: readonly string[];
  readonly throttle: ThrottleDraft | null;
  /** What every request has, beside credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where the document came from: its server may be relative to it. */
  readonly from: URL | null;
  /** The base URL, if a person has named one. */
  readonly url: URL | null;
}

/** The lists that can be read, and why the others cannot. */
export interface Readable {
  readonly resources: readonly ResourceDraft[];
  readonly leftOut: readonly LeftOut[];
}

/** Makes resources of lists, and says which lists are left out and why. */
export function resourcesOf(api: Api, lists: readonly ListOperation[], choices: OpenApiChoices): Readable {
  const read = lists.map((list) => resourceOf(api, list, choices));
  return {
    resources: read.flatMap(({ resource }) => resource ?? []),
    leftOut: read.flatMap(({ leftOut }) => leftOut),
  };
}

interface ReadList {
  readonly resource: ResourceDraft | null;
  readonly leftOut: readonly LeftOut[];
}

function resourceOf(api: Api, list: ListOperation, choices: OpenApiChoices): ReadList {
  const without = (why: string): ReadList => ({
    resource: null,
    leftOut: [{ what: `${list.name} (GET ${list.path})`, why }],
  });
  const { fields, leftOut } = recordFields(api, list.record, choices.include);
  const own = keyOfFields(list.name, fields);
  const key = choices.key?.every((name) => fields.some((field) => field.name === name))
    ? choices.key
    : own === undefined
      ? []
      : [own];
  const keyPath = fields.find(({ name }) => name === key[0])?.path;
  if (keyPath === undefined) return without('no field identifies a record; --key names one');
  const pages = pagesPlanned(api, list, keyPath);
  const sent = parametersSent(list, pages.own, choices.params);
  if (typeof sent === 'string') return without(sent);
  const about = leftOut.map(({ what, why }) => ({ what: `${list.name}: ${what}`, why }));
  return {
    resource: {
      name: list.name,
      path: sent.path,
      query: { ...sent.query, ...pages.query },
      headers: sent.headers,
      records: list.list,
      total: pages.total,
      pagination: pages.pagination,
      key,
      fields: fields.map((field) => (key.includes(field.name) ? { ...field, isNullable: false } : field)),
      changes: null,
    },
    leftOut: [...about, ...unpaged(list, pages.pagination !== null, pages.own)],
  };
}

function unpaged({ name }: ListOperation, isPaged: boolean, [size]: readonly string[]): readonly LeftOut[] {
  if (isPaged || size === undefined) return [];
  return [
    {
      what: `${name}: its pages`,
      why: `it has the parameter ${size}, but the document does not say how to ask for the next page`,
    },
  ];
}

interface Sent {
  readonly path: string;
  readonly query: Query;
  readonly headers: Readonly<Record<string, string>>;
}

/** What every request sends. A text: what keeps the list from being asked for. */
function parametersSent(
  list: ListOperation,
  own: readonly string[],
  params: Readonly<Record<string, string>>,
): Sent | string {
  const needed = list.parameters.filter(
    ({ name, isRequired }) => (isRequired && !own.includes(name)) || Object.hasOwn(params, name),
  );
  const missing = needed.filter((parameter) => valueFor(parameter, params) === undefined);
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(', ');
    return `it needs ${names}: ${missing.map(({ name }) => `--param ${name}=…`).join(' ')}`;
  }
  const sentIn = (place: string) =>
    Object.fromEntries(
      needed
        .filter((parameter) => parameter.place === place)
        .map((parameter) => [parameter.name, String(valueFor(parameter, params))]),
    );
  const values = sentIn('path');
  const path = literal(list.path).replace(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
  if (
    !Object.keys(values).every((name) => list.path.includes(`{${name}}`)) ||
    (list.path.includes('{') && Object.keys(values).length === 0)
  )
    return 'its path has a placeholder that no parameter fills';
  const query = Object.fromEntries(Object.entries(sentIn('query')).map(([name, value]) => [name, literal(value)]));
  const headers = Object.fromEntries(Object.entries(sentIn('header')).map(([name, value]) => [name, literal(value)]));
  return { path, query, headers };
}

/** What a person said, or the document's default; of an enumeration with one value, that one. */
function valueFor({ name, schema }: Parameter, params: Readonly<Record<string, string>>): unknown {
  if (Object.hasOwn(params, name)) return params[name];
  const values = listOf(schema.enum);
  return schema.default ?? (values.length === 1 ? values[0] : undefined);
}

/** The third party of a document, with these lists. */
export function draftOf(
  api: Api,
  { others }: ListsFound,
  chosen: readonly ListOperation[],
  choices: OpenApiChoices,
): Draft | string {
  const base = baseUrlOf(api, choices);
  if (base === null) return 'the document does not say where the API is: --url names its base URL';
  const { resources, leftOut } = resourcesOf(api, chosen, choices);
  const name = adapterName(base);
  const readable = chosen.filter((list) => resources.some((resource) => resource.name === list.name));
  const { auth, headers, notes } = securityOf(
    api,
    readable.map(({ security }) => security),
    name,
  );
  return {
    adapter: {
      name,
      baseUrl: literal(base.href.replace(/\/$/, '')),
      auth,
      headers: { ...headers, ...choices.headers },
      throttle: choices.throttle ?? oneAMinute,
      resources,
    },
    leftOut,
    notes: [
      ...notes,
      ...(choices.throttle === null
        ? [
            "the document does not state the API's limit: the config allows one hit per minute; --throttle 10/1s says otherwise",
          ]
        : []),
      ...(others > 0
        ? [
            `${others} other GET ${others === 1 ? 'operation' : 'operations'} of the document ${others === 1 ? 'lists' : 'list'} no records with fields`,
          ]
        : []),
    ],
  };
}

/** The first server, with the defaults of its variables. */
function baseUrlOf(api: Api, { url, from, params }: OpenApiChoices): URL | null {
  if (url !== null) return url;
  const [server] = listOf(api.root.servers).map(membersOf);
  const written = textOf(server?.url) ?? '/';
  const variables = membersOf(server?.variables);
  const filled = written.replace(
    /\{([^}]+)\}/g,
    (_, name: string) => params[name] ?? String(membersOf(variables[name]).default ?? ''),
  );
  const base = URL.parse(filled, from?.href);
  if (base === null || !/^https?:$/.test(base.protocol)) return null;
  base.hash = '';
  base.search = '';
  return base;
}

import { literal } from '../config.ts';
import type { LeftOut, Query, ResourceDraft, ThrottleDraft } from '../draft.ts';
import { listOf } from '../json-places.ts';
import type { Api, Parameter } from './api.ts';
import { changesPlanned } from './changes.ts';
import type { ListOperation } from './lists.ts';
import { pagesPlanned } from './pages.ts';
import { keyOfFields, recordFields } from './record-fields.ts';
import { pageParameters } from './searches.ts';

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
    leftOut: [{ what: `${list.name} (${list.method} ${list.path})`, why }],
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
      ...(list.method === 'POST'
        ? { query: sent.query, body: { ...sent.body, ...pages.query } }
        : { query: { ...sent.query, ...pages.query } }),
      headers: sent.headers,
      records: list.list,
      total: pages.total,
      pagination: pages.pagination,
      key,
      fields: fields.map((field) => (key.includes(field.name) ? { ...field, isNullable: false } : field)),
      changes: changesPlanned(pageParameters(list), fields, pages.own),
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
  /** Of a POST: values as the document writes them. */
  readonly body: Readonly<Record<string, unknown>>;
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
  const inBody = needed.filter(({ place }) => place === 'body');
  const body = Object.fromEntries(inBody.map((parameter) => [parameter.name, jsonValue(parameter, params)]));
  return { path, query, headers, body };
}

/** What a person said, or the document's default; of an enumeration with one value, that one. */
function valueFor({ name, schema }: Parameter, params: Readonly<Record<string, string>>): unknown {
  if (Object.hasOwn(params, name)) return params[name];
  const values = listOf(schema.enum);
  return schema.default ?? (values.length === 1 ? values[0] : undefined);
}

/** A value in a body has its type; in the config a text of the document is not a variable. */
function jsonValue(parameter: Parameter, params: Readonly<Record<string, string>>): unknown {
  const value = valueFor(parameter, params);
  if (typeof value !== 'string') return value;
  const { type } = parameter.schema;
  return type === 'integer' || type === 'number' ? Number(value) : literal(value);
}

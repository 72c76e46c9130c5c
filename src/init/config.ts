import type { AdapterDraft, Draft, FieldDraft, FieldType, ResourceDraft } from './draft.ts';
import { fromVariable } from './names.ts';

/** Where the system keeps its rows, as the config writes it. */
export type TargetDraft =
  | { readonly type: 'sqlite'; readonly file: string }
  | { readonly type: 'postgres'; readonly url: string; readonly schema?: string };

export interface ConfigChoices {
  readonly name: string;
  readonly target: TargetDraft;
  /** The table of each resource, where it is not called as the resource. */
  readonly tables?: Readonly<Record<string, string>>;
  /** The path of the JSON Schema, where the file is JSON. */
  readonly schema?: string;
}

/** The config of a draft, as the file has it. */
export function configOf(
  { adapter }: Pick<Draft, 'adapter'>,
  { name, target, tables = {}, schema }: ConfigChoices,
): object {
  const resources = adapter.resources.map((resource) => [resource.name, systemPart(resource, tables[resource.name])]);
  return {
    ...(schema !== undefined && { $schema: schema }),
    name,
    adapter: adapter.name,
    resources: Object.fromEntries(resources),
    adapters: { [adapter.name]: adapterPart(adapter) },
    target,
    redis: { url: fromVariable('REDIS_URL:-redis://127.0.0.1:6379') },
  };
}

function systemPart({ key: names, fields }: ResourceDraft, table: string | undefined): object {
  const key = names.map(literal);
  const properties = fields.map((field) => [field.name, propertyOf(field)]);
  return {
    key: key.length === 1 ? key[0] : key,
    ...(table !== undefined && { table }),
    schema: { type: 'object', properties: Object.fromEntries(properties), required: key },
  };
}

const formats: ReadonlySet<FieldType> = new Set(['date', 'date-time', 'decimal']);

function propertyOf({ type, isNullable }: FieldDraft): object {
  const name = formats.has(type) ? 'string' : type;
  return { type: isNullable ? [name, 'null'] : name, ...(formats.has(type) && { format: type }) };
}

function adapterPart({ baseUrl, auth, headers, throttle, resources }: AdapterDraft): object {
  return {
    type: 'rest',
    baseUrl,
    ...(auth && { auth }),
    ...(Object.keys(headers).length > 0 && { headers }),
    throttle: throttle.length === 1 ? throttle[0] : throttle,
    resources: Object.fromEntries(resources.map((resource) => [resource.name, thirdPartyPart(resource)])),
  };
}

function thirdPartyPart(resource: ResourceDraft): object {
  const { of, path, query, headers, body, records, total, pagination, changes, fields } = resource;
  return {
    ...(of !== undefined && { of }),
    path,
    ...(Object.keys(query).length > 0 && { query }),
    ...(body && { method: 'POST', body }),
    ...(headers && Object.keys(headers).length > 0 && { headers }),
    ...(records !== null && { records: literal(records) }),
    ...(total !== null && { total }),
    ...(pagination !== null && { pagination }),
    ...(changes !== null && { mode: 'changes', bookmark: changes }),
    map: Object.fromEntries(fields.map((field) => [field.name, sourceOf(field)])),
  };
}

function sourceOf({ path, format, emptyIsNull }: FieldDraft): string | object {
  const from = literal(path);
  if (format === undefined && emptyIsNull === undefined) return from;
  return { from, ...(format && { format }), ...(emptyIsNull && { emptyIsNull }) };
}

/** A text of the third party in the config: `${` would name a variable there. */
export function literal(text: string): string {
  return text.replaceAll('${', () => '$${');
}

import type { FieldType } from '../draft.ts';
import { isMembers, listOf, type Members, membersOf } from '../json-places.ts';
import type { Api } from './api.ts';

/** What a schema says of a value, as far as a column needs it. */
export interface Shape {
  readonly types: ReadonlySet<string>;
  readonly isNullable: boolean;
  readonly format: string | undefined;
  readonly properties: ReadonlyMap<string, unknown>;
  readonly required: ReadonlySet<string>;
  /** The schema of the elements of a list. */
  readonly items: unknown;
  readonly isWriteOnly: boolean;
}

const deepest = 8;

/** Reads a schema of OpenAPI 3.0 or 3.1: `allOf` is joined, and of `oneOf` and `anyOf` everything that may be there counts. */
export function shapeOf(api: Api, schema: unknown, depth = 0): Shape {
  const node = api.resolve(schema);
  const own = ownShape(node);
  if (depth === deepest) return own;
  const all = listOf(node.allOf).map((part) => shapeOf(api, part, depth + 1));
  const some = [...listOf(node.oneOf), ...listOf(node.anyOf)].map((part) => shapeOf(api, part, depth + 1));
  const either = some.length === 0 ? [] : [eitherOf(some)];
  return [...all, ...either].reduce(joined, own);
}

function ownShape(node: Members): Shape {
  const named = [node.type].flat().filter((type) => typeof type === 'string');
  const enumerated = named.length === 0 ? listOf(node.enum ?? ('const' in node ? [node.const] : [])).map(typeOf) : [];
  const implied = named.length > 0 || enumerated.length > 0 ? [] : impliedBy(node);
  const types = [...named, ...enumerated, ...implied];
  return {
    types: new Set(types.filter((type) => type !== 'null')),
    isNullable: node.nullable === true || types.includes('null') || listOf(node.enum).includes(null),
    format: typeof node.format === 'string' ? node.format : undefined,
    properties: new Map(Object.entries(membersOf(node.properties))),
    required: new Set(listOf(node.required).filter((name) => typeof name === 'string')),
    items: node.items,
    isWriteOnly: node.writeOnly === true,
  };
}

function impliedBy(node: Members): readonly string[] {
  if (isMembers(node.properties)) return ['object'];
  return node.items === undefined ? [] : ['array'];
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
}

function joined(a: Shape, b: Shape): Shape {
  return {
    types: new Set([...a.types, ...b.types]),
    isNullable: a.isNullable || b.isNullable,
    format: a.format ?? b.format,
    properties: new Map([...a.properties, ...b.properties]),
    required: new Set([...a.required, ...b.required]),
    items: a.items ?? b.items,
    isWriteOnly: a.isWriteOnly || b.isWriteOnly,
  };
}

function eitherOf(shapes: readonly Shape[]): Shape {
  const given = shapes.filter(({ types, isNullable }) => types.size > 0 || !isNullable);
  const whole = shapes.reduce(joined);
  const inAll = [...whole.required].filter((name) => given.every(({ required }) => required.has(name)));
  const formats = new Set(given.map(({ format }) => format));
  return { ...whole, required: new Set(inAll), format: formats.size === 1 ? whole.format : undefined };
}

/** The type of the column for such a value; null if a column cannot hold all that may come. */
export function fieldTypeOf({ types, format, properties, items }: Shape): FieldType | null {
  const named = [...types];
  if (named.length === 0) return properties.size > 0 ? 'object' : items === undefined ? null : 'array';
  if (named.every((type) => type === 'integer')) return 'integer';
  if (named.every((type) => type === 'integer' || type === 'number')) return 'number';
  if (named.length > 1) return named.some((type) => type === 'object' || type === 'array') ? null : 'string';
  const [type] = named;
  if (type === 'string') return textType(format);
  return type === 'boolean' || type === 'array' || type === 'object' ? type : null;
}

function textType(format: string | undefined): FieldType {
  if (format === 'date-time' || format === 'date') return format;
  return format === 'decimal' ? 'decimal' : 'string';
}

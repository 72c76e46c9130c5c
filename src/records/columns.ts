import type { Column, ColumnKind } from '../record.ts';

/** The parts of a resource's JSON Schema that decide which columns there are. */
export interface RecordSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, PropertySchema>>;
  readonly required?: readonly string[] | undefined;
}

export interface PropertySchema {
  readonly type?: string | readonly string[] | undefined;
  readonly [keyword: string]: unknown;
}

/** The columns of a resource, in the order of its schema. */
export function columnsOf(schema: RecordSchema): Column[] {
  return Object.entries(schema.properties).map(([name, property]) => ({ name, kind: kindOf(property) }));
}

/** The JSON types of a property, without `null`. An empty list means any type. */
export function typesOf(property: PropertySchema): readonly string[] {
  const types = typeof property.type === 'string' ? [property.type] : (property.type ?? []);
  return types.filter((type) => type !== 'null');
}

/** Whether null is one of the types that the property names. */
export function isNullable(property: PropertySchema): boolean {
  return Array.isArray(property.type) ? property.type.includes('null') : property.type === 'null';
}

/** The kinds of strings whose format says more than "text". */
const formats: ReadonlyMap<unknown, ColumnKind> = new Map([
  ['decimal', 'decimal'],
  ['date', 'date'],
  ['date-time', 'timestamp'],
]);

/** Several types share a text column, or a JSON column if one of them is an array or an object. */
function kindOf(property: PropertySchema): ColumnKind {
  const types = typesOf(property);
  if (types.some((type) => type === 'array' || type === 'object')) return 'json';
  if (types.length > 0 && types.every((type) => type === 'integer')) return 'integer';
  if (types.length > 0 && types.every((type) => type === 'integer' || type === 'number')) return 'real';
  if (types.length === 1 && types[0] === 'boolean') return 'boolean';
  return types.length === 1 && types[0] === 'string' ? (formats.get(property.format) ?? 'text') : 'text';
}

import type { Column, ColumnKind } from '../record.ts';

/** The JSON Schema of a resource, as far as it says what columns there are. */
export interface RecordSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, PropertySchema>>;
  readonly required?: readonly string[] | undefined;
}

export interface PropertySchema {
  readonly type?: string | readonly string[] | undefined;
  readonly [keyword: string]: unknown;
}

/** The columns that a resource's schema asks for, in the schema's order. */
export function columnsOf(schema: RecordSchema): Column[] {
  return Object.entries(schema.properties).map(([name, property]) => ({ name, kind: kindOf(property) }));
}

/** The JSON types of a property, without `null`. None said: any. */
export function typesOf(property: PropertySchema): readonly string[] {
  const types = typeof property.type === 'string' ? [property.type] : (property.type ?? []);
  return types.filter((type) => type !== 'null');
}

/** Whether null is one of the types that the property names. */
export function isNullable(property: PropertySchema): boolean {
  return Array.isArray(property.type) ? property.type.includes('null') : property.type === 'null';
}

/** What a string is, where its format says more than that it is text. */
const formats: ReadonlyMap<unknown, ColumnKind> = new Map([
  ['decimal', 'decimal'],
  ['date', 'date'],
  ['date-time', 'timestamp'],
]);

/** Several types share a column of text, or of JSON where one of them is an array or an object. */
function kindOf(property: PropertySchema): ColumnKind {
  const types = typesOf(property);
  if (types.some((type) => type === 'array' || type === 'object')) return 'json';
  if (types.length > 0 && types.every((type) => type === 'integer')) return 'integer';
  if (types.length > 0 && types.every((type) => type === 'integer' || type === 'number')) return 'real';
  if (types.length === 1 && types[0] === 'boolean') return 'boolean';
  return types.length === 1 && types[0] === 'string' ? (formats.get(property.format) ?? 'text') : 'text';
}

import { ColumnNames } from '../answer/column-names.ts';
import type { FieldDraft, LeftOut } from '../draft.ts';
import { lastName, memberPath } from '../json-places.ts';
import { singular, squeezed, wordsOf } from '../names.ts';
import { looksSecret } from '../secret-fields.ts';
import type { Api } from './api.ts';
import { fieldTypeOf, type Shape, shapeOf } from './schema.ts';

export interface RecordFields {
  readonly fields: readonly FieldDraft[];
  readonly leftOut: readonly LeftOut[];
}

/** The columns for records with this schema. What nobody may read back is left out, as is what looks like a secret. */
export function recordFields(api: Api, record: Shape, include: readonly string[]): RecordFields {
  const fields: FieldDraft[] = [];
  const leftOut: LeftOut[] = [];
  const names = new ColumnNames();
  const add = (name: string, path: string, shape: Shape, isRequired: boolean): void => {
    const type = fieldTypeOf(shape);
    const why = whyNot(path, shape, include);
    const column = why === null ? names.take(name) : null;
    const isNullable = shape.isNullable || !isRequired;
    const isEpoch = type === 'integer' && /^unix-?time(stamp)?$/i.test(shape.format ?? '');
    if (column !== null && isEpoch) fields.push({ name: column, path, type: 'date-time', isNullable, format: 'unix' });
    else if (type !== null && column !== null) fields.push({ name: column, path, type, isNullable });
    else leftOut.push({ what: path, why: why ?? 'a column cannot have its name' });
  };
  const walk = (shape: Shape, path: string, prefix: string, depth: number): void => {
    for (const [name, schema] of shape.properties) {
      const inner = shapeOf(api, schema);
      const isRequired = shape.required.has(name) && depth === 0;
      const [at, column] = [memberPath(path, name), prefix === '' ? name : `${prefix}_${name}`];
      if (depth === 0 && isWrapper(name, inner)) walk(inner, at, '', 1);
      else if (depth === 0 && isFlat(api, inner)) walk(inner, at, column, 1);
      else add(column, at, inner, isRequired);
    }
  };
  walk(record, '', '', 0);
  return { fields, leftOut };
}

function whyNot(path: string, shape: Shape, include: readonly string[]): string | null {
  if (shape.isWriteOnly) return 'it is only written, never read';
  if (looksSecret(lastName(path), [shape.types.has('boolean') ? true : '']) && !include.includes(path)) {
    return 'it looks like a secret; --include keeps it';
  }
  if (fieldTypeOf(shape) !== null) return null;
  return shape.types.size === 0
    ? 'the document does not say its type'
    : `it may be ${[...shape.types].join(' or ')}, and no column holds both`;
}

/** JSON:API puts the fields of a record into `attributes`. */
function isWrapper(name: string, { properties }: Shape): boolean {
  return name === 'attributes' && properties.size > 0;
}

const mostMembers = 6;

/** A small object of plain values becomes a column for each of them. */
function isFlat(api: Api, { types, properties }: Shape): boolean {
  if (types.size !== 1 || !types.has('object') || properties.size === 0 || properties.size > mostMembers) return false;
  return [...properties.values()].every((schema) => {
    const type = fieldTypeOf(shapeOf(api, schema));
    return type !== null && type !== 'object' && type !== 'array';
  });
}

/** The field that identifies a record, by its name; undefined if no name says it. */
export function keyOfFields(resource: string, fields: readonly FieldDraft[]): string | undefined {
  const ranked = fields
    .filter(({ type, path }) => (type === 'string' || type === 'integer') && !path.includes('.'))
    .map((field) => ({ field, rank: rankOf(squeezed(singular(resource)), field) }))
    .filter(({ rank }) => rank < Number.POSITIVE_INFINITY);
  return ranked.toSorted((a, b) => a.rank - b.rank)[0]?.field.name;
}

/** A foreign key is one record's own only by chance, so a name that merely ends with `id` counts if the record has one of them. */
function rankOf(own: string, { name, isNullable }: FieldDraft): number {
  const word = squeezed(name);
  const order = [
    'id',
    `${own}id`,
    `${own}uuid`,
    'uuid',
    'guid',
    'key',
    `${own}key`,
    'sid',
    'gid',
    'code',
    'slug',
    'login',
    'username',
    'name',
    'address',
    'hash',
  ];
  const at = order.indexOf(word);
  if (at >= 0) return at + (isNullable && at > 7 ? 20 : 0);
  return wordsOf(name).at(-1) === 'id' && !isNullable ? 15 : Number.POSITIVE_INFINITY;
}

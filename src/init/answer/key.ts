import { singular, squeezed, wordsOf } from '../names.ts';
import type { FieldFound } from './fields.ts';

/**
 * The fields that may be the key, the likeliest first: each is unique and never null. If no single field is, two that name
 * something together are tried. Empty: nothing identifies a record.
 */
export function keysFor(resource: string, fields: readonly FieldFound[]): readonly (readonly string[])[] {
  const able = fields.filter(({ type, isNullable }) => !isNullable && (type === 'string' || type === 'integer'));
  const single = able.filter((field) => isUnique([field]));
  const ranked = single
    .map((field) => ({ field, rank: rankOf(resource, field) }))
    .filter(({ field, rank }) => rank < unlikely || field.values.length > 1)
    .toSorted((a, b) => a.rank - b.rank);
  if (ranked.length > 0) return ranked.map(({ field }) => [field.name]);
  const named = able.filter((field) => rankOf(resource, field) <= 4);
  return named.flatMap((first, at) =>
    named.slice(at + 1).flatMap((second) => (isUnique([first, second]) ? [[first.name, second.name]] : [])),
  );
}

function isUnique(fields: readonly FieldFound[]): boolean {
  const [first] = fields;
  const keys = first?.values.map((_, at) => JSON.stringify(fields.map(({ values }) => String(values[at])))) ?? [];
  return new Set(keys).size === keys.length && !keys.some((key) => key.includes('""'));
}

const unlikely = 6;

/** `id`, then the resource's own id, then others, `uuid` and `key`, then what often names a thing. */
function rankOf(resource: string, { name, path }: FieldFound): number {
  const word = squeezed(name);
  const depth = path.split('.').length > 1 ? 0.5 : 0;
  if (word === 'id') return 0 + depth;
  const own = squeezed(singular(resource));
  if (word === `${own}id` || word === `${own}uuid`) return 1 + depth;
  const words = wordsOf(name);
  if (words.length > 1 && words.at(-1) === 'id') return 2 + depth;
  if (word === 'uuid' || word === 'guid') return 3 + depth;
  if (word === 'key' || word === `${own}key`) return 4 + depth;
  if (['code', 'slug', 'sku', 'number', 'email', 'iso', 'login', 'username', 'name'].includes(word)) return 5 + depth;
  return unlikely + depth;
}

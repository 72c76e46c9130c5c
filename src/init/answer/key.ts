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
    .filter(({ field, rank }) => rank < ranks.unlikely || field.values.length > 1)
    .toSorted((a, b) => a.rank - b.rank);
  if (ranked.length > 0) return ranked.map(({ field }) => [field.name]);
  const named = able.filter((field) => isPart(rankOf(resource, field)));
  return named.flatMap((first, at) =>
    named.slice(at + 1).flatMap((second) => (isUnique([first, second]) ? [[first.name, second.name]] : [])),
  );
}

function isUnique(fields: readonly FieldFound[]): boolean {
  const [first] = fields;
  const keys = first?.values.map((_, at) => JSON.stringify(fields.map(({ values }) => String(values[at])))) ?? [];
  return new Set(keys).size === keys.length && !keys.some((key) => key.includes('""'));
}

/** The likeliest first. From `code` on, that a field is unique in one page is all that speaks for it. */
const ranks = { id: 0, own: 1, uuid: 2, key: 3, code: 4, foreign: 5, unlikely: 6 } as const;

/** Whether the name of a field of this key does not say that it identifies a record. */
export function isGuess(resource: string, key: readonly string[], fields: readonly FieldFound[]): boolean {
  return fields.some((field) => key.includes(field.name) && rankOf(resource, field) >= ranks.code);
}

/** `id`, then the resource's own id, `uuid` and `key`, then what often names a thing, then the id of something else. */
function rankOf(resource: string, { name, path }: FieldFound): number {
  const word = squeezed(name);
  const depth = path.split('.').length > 1 ? 0.5 : 0;
  if (word === 'id') return ranks.id + depth;
  const own = squeezed(singular(resource));
  if (word === `${own}id` || word === `${own}uuid`) return ranks.own + depth;
  if (word === 'uuid' || word === 'guid') return ranks.uuid + depth;
  if (word === 'key' || word === `${own}key`) return ranks.key + depth;
  if (['code', 'slug', 'sku', 'number', 'email', 'iso', 'login', 'username', 'name'].includes(word))
    return ranks.code + depth;
  const words = wordsOf(name);
  return (words.length > 1 && words.at(-1) === 'id' ? ranks.foreign : ranks.unlikely) + depth;
}

/** Whether a field may be one of two that identify a record together. */
function isPart(rank: number): boolean {
  return rank < ranks.code || (rank >= ranks.foreign && rank < ranks.unlikely);
}

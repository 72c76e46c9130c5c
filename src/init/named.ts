import { UsageError } from '../errors.ts';
import { nearest } from '../nearest.ts';

/** Finds what a person has named, by its name or by another of `namesOf`. Throws `UsageError`, with the name that was probably meant. */
export function itemNamed<Item extends { readonly name: string }>(
  items: readonly Item[],
  wanted: string,
  namesOf: (item: Item) => readonly (string | null | undefined)[],
  { source, item }: { readonly source: string; readonly item: string },
): Item {
  const found = items.find((candidate) => candidate.name === wanted || namesOf(candidate).includes(wanted));
  if (found) return found;
  const names = items.map(({ name }) => name);
  const suggestion = nearest(wanted, names);
  throw new UsageError(`the ${source} has no ${item} ${wanted}; nothing was written`, {
    hint: suggestion === undefined ? `It has ${names.join(', ')}.` : `Did you mean ${suggestion}?`,
  });
}

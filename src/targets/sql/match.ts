import type { Arrived } from '../../identity.ts';
import type { Value } from '../../record.ts';
import type { ResourceTable } from '../../table.ts';

/** The sets of values to look for, each once, and which arrival has which set. */
export interface MatchedValues {
  readonly sets: readonly (readonly Value[])[];
  /** For each arrival the place of its set; null where a match field is null or empty, which matches nothing. */
  readonly setOf: readonly (number | null)[];
  /** The place of the set with these values. */
  readonly placeOf: (values: readonly Value[]) => number | undefined;
}

export function matchedValues(
  { mapped, match = [] }: Pick<ResourceTable, 'mapped' | 'match'>,
  arrived: readonly Arrived[],
): MatchedValues {
  const at = match.map((name) => mapped.findIndex((column) => column.name === name));
  const sets: (readonly Value[])[] = [];
  const places = new Map<string, number>();
  const setOf = arrived.map(({ values }) => {
    const set = values ? at.map((n) => values[n] ?? null) : [null];
    if (set.some((value) => value === null || value === '')) return null;
    const text = textOf(set);
    const place = places.get(text) ?? sets.push(set) - 1;
    places.set(text, place);
    return place;
  });
  return { sets, setOf, placeOf: (values) => places.get(textOf(values)) };
}

function textOf(values: readonly Value[]): string {
  return values.map((value) => `${typeof value}:${String(value).length}:${value}`).join();
}

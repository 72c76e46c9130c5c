import type { Arrived } from '../../identity.ts';
import type { Value } from '../../record.ts';
import type { ResourceTable } from '../../table.ts';

/** The values to look for: each set of them once, and which set is whose. */
export interface MatchedValues {
  readonly sets: readonly (readonly Value[])[];
  /** For each arrival the place of its set; null where a match field is null or empty, which is like nothing else. */
  readonly setOf: readonly (number | null)[];
  /** The place of the set that these values are. */
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

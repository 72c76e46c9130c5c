import { nearest } from '../../nearest.ts';
import { syncPatterns } from '../../sync-event.ts';

const kinds = ['created', 'updated', 'deleted', '*'];

/** What to do about a wanted type of event that no resource has; null if there is no such type. */
export function hintOfUnknownType(types: readonly string[], resources: readonly string[]): string | null {
  const known = [...resources.flatMap((resource) => kinds.map((kind) => `${resource}.${kind}`)), ...syncPatterns];
  const unknown = types.find((type) => !known.includes(type));
  return unknown === undefined
    ? null
    : `The config has no events of the type "${unknown}". ${adviceOn(unknown, known, resources)}`;
}

function adviceOn(unknown: string, known: readonly string[], [resource = 'customers']: readonly string[]): string {
  const meant = nearest(unknown, known);
  return meant === undefined
    ? `Write one such as "${resource}.deleted" or "${resource}.*".`
    : `Did you mean "${meant}"?`;
}

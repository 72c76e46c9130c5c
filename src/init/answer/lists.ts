import { isMembers, memberPath } from '../json-places.ts';

/** A list of records in an answer. */
export interface ListFound {
  /** JMESPath; null: the answer is the list. */
  readonly path: string | null;
  /** The names that lead there. */
  readonly names: readonly string[];
  readonly records: readonly unknown[];
}

const deepest = 5;

/** The lists of objects in an answer, the longest first; where there are none, those of names. Lists in records are not looked at. */
export function listsIn(document: unknown): readonly ListFound[] {
  const found: ListFound[] = [];
  const walk = (value: unknown, path: string, names: readonly string[]): void => {
    if (Array.isArray(value)) {
      const isNamed = value.every(isName) && new Set(value).size === value.length;
      if (value.length > 0 && (value.every(isMembers) || isNamed))
        found.push({ path: path === '' ? null : path, names, records: value });
      return;
    }
    if (!isMembers(value) || names.length === deepest) return;
    for (const [name, member] of Object.entries(value)) walk(member, memberPath(path, name), [...names, name]);
  };
  walk(document, '', []);
  const ofObjects = found.filter(({ records }) => records.every(isMembers));
  return (ofObjects.length > 0 ? ofObjects : found).toSorted(
    (a, b) => b.records.length - a.records.length || a.names.length - b.names.length,
  );
}

function isName(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number';
}

/** The list that is meant where nobody says so; undefined if two are as likely. */
export function clearList(lists: readonly ListFound[]): ListFound | undefined {
  const [first, second] = lists;
  if (first === undefined || second === undefined) return first;
  return first.records.length >= 2 * second.records.length || first.names.length < second.names.length
    ? first
    : undefined;
}

/** Whether the answer has a list, but an empty one: nothing can be learnt from it. */
export function hasEmptyList(document: unknown): boolean {
  if (Array.isArray(document)) return document.length === 0;
  return isMembers(document) && Object.values(document).some((value) => Array.isArray(value) && value.length === 0);
}

import type { ResourceTable } from '../../../table.ts';

export interface TableIndex {
  readonly columns: readonly string[];
  readonly isUnique: boolean;
}

/** What makes matching slow, one sentence each. Names are compared in their folded form. */
export function matchWarnings(
  { table, match = [] }: Pick<ResourceTable, 'table' | 'match'>,
  indexes: readonly TableIndex[],
  folded: (name: string) => string,
): string[] {
  const matched = new Set(match.map(folded));
  const isMatched = (name: string) => matched.has(folded(name));
  const narrows = ({ columns, isUnique }: TableIndex): boolean => {
    const first = columns.slice(0, matched.size);
    const isLong = first.length === matched.size || (isUnique && first.length > 0);
    return isLong && first.every(isMatched);
  };
  if (match.length === 0 || indexes.some(narrows)) return [];
  return [
    `no index of "${table}" begins with ${match.join(', ')}: until an adapter's records are known, each batch reads the whole table`,
  ];
}

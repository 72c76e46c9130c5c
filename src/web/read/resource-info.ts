import type { ResourceTable } from '../../table.ts';

/** What the config says of a resource. */
export interface ResourceInfo {
  readonly table: ResourceTable;
  /** How long after a complete pass the next one is due; 0: in every run. */
  readonly everyMs: number;
  readonly guard: GuardInfo;
}

export interface GuardInfo {
  readonly maxDeletes: Limit;
  readonly maxEmptied: Limit;
  readonly windowMs: number;
}

type Limit = { readonly ratio: number } | { readonly count: number };

/** `20% of the rows`, `50 rows`. */
export function limitText(limit: Limit, of: string): string {
  return 'count' in limit ? `${limit.count} ${of}` : `${Number((limit.ratio * 100).toFixed(2))}% of the ${of}`;
}

import type { RejectReason } from '../../target.ts';

/** How many reasons of one resource are told apart. */
const reasonsShown = 200;

/** Records that were rejected for the same reasons. */
export interface RejectGroup {
  /** A JSON array, as it is stored. */
  readonly reasons: string;
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** Counts each reason over all groups: a record may have several. */
export function reasonsOf(groups: readonly RejectGroup[]): RejectReason[] {
  const found = new Map<string, RejectReason>();
  for (const { reasons, ...group } of groups) {
    const each: readonly string[] = JSON.parse(reasons);
    for (const reason of new Set(each)) found.set(reason, withGroup(found.get(reason), { reason, ...group }));
  }
  return [...found.values()].sort((a, b) => b.count - a.count).slice(0, reasonsShown);
}

function withGroup(known: RejectReason | undefined, group: RejectReason): RejectReason {
  if (!known) return group;
  return {
    reason: group.reason,
    count: known.count + group.count,
    firstAt: known.firstAt < group.firstAt ? known.firstAt : group.firstAt,
    lastAt: known.lastAt > group.lastAt ? known.lastAt : group.lastAt,
  };
}

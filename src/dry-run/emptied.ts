import type { Change } from '../change.ts';
import type { HeldEmptied } from '../checkpoint.ts';
import { heldEmptied } from '../pass/emptied.ts';
import { verdictsOf } from '../pass/end/end-emptied.ts';
import type { PassState } from '../pass/resource.ts';
import type { DryRunContext } from './context.ts';

/** Judges the values that a complete pass would empty, as a run would. Those that the guard would hold back leave the plan. */
export function planEmptied(
  state: PassState,
  { spool, now }: Pick<DryRunContext, 'spool' | 'now'>,
): HeldEmptied | null {
  const { table, guard } = state.resource;
  const about = { pass: state.checkpoint.pass, at: now(), windowMs: guard.windowMs };
  const held = heldEmptied(verdictsOf(state), ({ emptied }) => emptied, about);
  if (held === null) return null;
  const names = held.columns.map(({ column }) => column);
  const positions = table.mapped.flatMap(({ name }, at) => (names.includes(name) ? at : []));
  const changes = [...spool.changes(table.resource)].flatMap((change) => keeping(change, positions) ?? []);
  const left = changes.filter((change) => change.type !== 'updated' || change.changed.length > 0);
  const nothing = changes.filter((change) => change.type === 'updated' && change.changed.length === 0);
  spool.put(table.resource, left);
  spool.drop(
    table.resource,
    nothing.map(({ key }) => key),
  );
  return held;
}

/** The change without the values that it would empty in these columns; undefined where it empties none. */
function keeping(change: Change, positions: readonly number[]): Change | undefined {
  if (change.type !== 'updated') return undefined;
  const kept = change.changed.filter((at) => positions.includes(at) && (change.after[at] ?? null) === null);
  if (kept.length === 0) return undefined;
  const after = change.after.map((value, at) => (kept.includes(at) ? (change.before[at] ?? null) : value));
  return { ...change, after, changed: change.changed.filter((at) => !kept.includes(at)) };
}

import type { HeldUpdates } from '../checkpoint.ts';
import { judgeEndUpdates, updatedIn } from '../pass/end/end-updates.ts';
import type { PassState } from '../pass/resource.ts';
import type { DryRunContext } from './context.ts';

const idsPerRead = 10_000;

/** Judges the rows that a complete pass would update, as a run would. Those that the guard would hold back leave the plan. */
export async function planUpdates(
  state: PassState,
  { target, spool, now }: Pick<DryRunContext, 'target' | 'spool' | 'now'>,
): Promise<HeldUpdates | null> {
  const { table } = state.resource;
  const rows = updatedIn(state);
  const held = judgeEndUpdates(state, rows, now());
  if (held === null) return null;
  const ids = [...rows];
  for (let at = 0; at < ids.length; at += idsPerRead) {
    const found = await target.rowsOf(table, ids.slice(at, at + idsPerRead));
    spool.drop(
      table.resource,
      found.map(({ key }) => key),
    );
  }
  return held;
}

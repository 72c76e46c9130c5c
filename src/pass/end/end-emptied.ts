import type { Found, Step } from '../../batch.ts';
import type { Checkpoint, EmptiedCount, HeldEmptied } from '../../checkpoint.ts';
import type { Prepared } from '../../record.ts';
import type { WriteContext } from '../../run/context.ts';
import { type ColumnVerdict, type Filled, filledIn, heldEmptied, judgeEmptied } from '../emptied.ts';
import { emptiedWindow, noteEmptied } from '../emptied-window.ts';
import type { ByColumn } from '../held-set.ts';
import type { PassState } from '../resource.ts';
import { SeenSet } from '../seen-set.ts';
import { idsPerBatch } from './delete.ts';
import { EndWriter } from './end-writer.ts';

/** What became of the values that a pass would empty. */
export interface EmptiedEnd {
  readonly checkpoint: Checkpoint;
  /** The values that are held back, by column. */
  readonly held: ByColumn;
  readonly heldEmptied: HeldEmptied | null;
  /** Rows of which the database refuses to empty values. */
  readonly refused: number;
  /** Some rows keep a value that the third party does not have: the next pass must read it again. */
  readonly leavesSome: boolean;
}

/**
 * Empties the values that a complete pass did not bring, as far as the guard allows. Until here each row has kept them, so
 * that no value is lost before the whole pass is known.
 *
 * 1. Judge each column by what the pass has compared, and by what the passes of the guard's window have emptied.
 * 2. Write what is allowed, and what a person has permitted, in batches, each a transaction with its events and a checkpoint
 *    that names the rest.
 * 3. Hold the rest back. `keepsAll`: what is allowed is not written either, because the guard holds the updates of the pass.
 */
export async function endEmptied(
  state: PassState,
  { keepsAll }: { readonly keepsAll: boolean },
  run: WriteContext,
): Promise<EmptiedEnd> {
  const { progress, pass, heldEmptied: before } = state.checkpoint;
  const { windowMs } = state.resource.guard;
  const leavesAdopted = state.checkpoint.phase !== 'held' && hasAdopted(state);
  const isDoubtful = progress.isMixed === true;
  const verdicts = isDoubtful ? [] : verdictsOf(state);
  const held = new Map<string, SeenSet>();
  const allowed = new Map<string, SeenSet>();
  for (const verdict of verdicts) {
    const ids = candidatesOf(state).get(verdict.column) ?? new SeenSet();
    const permitted = permittedIn(state, verdict.column);
    allowed.set(verdict.column, verdict.isHeld || keepsAll ? permitted : ids);
    if (verdict.isHeld) held.set(verdict.column, ids.without(permitted));
  }
  const emptying = progress.emptying ?? emptyingOf(state, allowed);
  const counting = { ...state, checkpoint: { ...state.checkpoint, progress: { ...progress, emptying } } };
  const checkpoint = await emptyAll(counting, { allowed, held }, run);
  const { refusedEmptied: refused = 0 } = checkpoint.progress;
  const countOf = ({ column }: ColumnVerdict) => held.get(column)?.count ?? 0;
  return {
    checkpoint: {
      ...checkpoint,
      emptiedCounts: isDoubtful ? (checkpoint.emptiedCounts ?? []) : countedIn(state, emptying),
    },
    held,
    heldEmptied: heldEmptied(verdicts, countOf, { pass, at: before?.at ?? run.now(), windowMs }),
    refused,
    leavesSome: held.size > 0 || keepsAll || isDoubtful || leavesAdopted || refused > 0,
  };
}

/** What the guard says of each column of which a pass would empty values. A run and a dry run call this one function. */
export function verdictsOf(state: PassState): readonly ColumnVerdict[] {
  const { guard } = state.resource;
  const window = emptiedWindow(state.checkpoint, guard.windowMs);
  return judgeEmptied(comparedIn(state), (column) => permittedIn(state, column).count, guard.maxEmptied, window);
}

/** What the pass has compared. */
function comparedIn(state: PassState): Filled {
  const { columns = {} } = state.checkpoint.progress;
  return filledIn(state.resource.table.mapped, columns, candidatesOf(state));
}

/** By column, how many of these values nobody has permitted. */
function emptyingOf(state: PassState, allowed: ByColumn): Readonly<Record<string, number>> {
  const counts = [...allowed].map(([column, ids]) => [column, ids.count - permittedIn(state, column).count] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

/**
 * The counts of the guard's window after this pass. A person who has permitted empty values has looked: what becomes empty later
 * is counted from here.
 */
function countedIn(state: PassState, emptying: Readonly<Record<string, number>>): readonly EmptiedCount[] {
  const { phase, mode, startedAt, emptiedCounts = [], emptiedPermission } = state.checkpoint;
  if (emptiedPermission) return [];
  if (phase === 'held') return emptiedCounts;
  const columns: Record<string, { compared: number; emptied: number }> = {};
  for (const [column, { filled }] of Object.entries(comparedIn(state))) {
    const count = { compared: mode === 'changes' ? filled : 0, emptied: emptying[column] ?? 0 };
    if (count.compared + count.emptied > 0) columns[column] = count;
  }
  return noteEmptied(emptiedCounts, { at: startedAt, columns }, state.resource.guard.windowMs);
}

/** Whether the pass has adopted rows with values that it would empty: only the next pass knows their ids. */
function hasAdopted({ checkpoint }: PassState): boolean {
  return Object.values(checkpoint.progress.columns ?? {}).some(({ adopted }) => adopted > 0);
}

/** The records that would lose a value: of this pass, or of one that is held already. */
export function candidatesOf({ checkpoint, held }: PassState): ByColumn {
  return checkpoint.phase === 'held' ? held.emptied : held.pending;
}

/** Those of the records of a column that a person has permitted. */
export function permittedIn(state: PassState, column: string): SeenSet {
  const none = new SeenSet();
  if (!state.checkpoint.emptiedPermission) return none;
  return (candidatesOf(state).get(column) ?? none).and(state.held.emptied.get(column) ?? none);
}

/** Records that lose their values of the same columns. */
interface Group {
  readonly columns: readonly string[];
  readonly ids: readonly number[];
}

/** Empties what is allowed, group by group. */
async function emptyAll(
  state: PassState,
  { allowed, held }: { readonly allowed: ByColumn; readonly held: ByColumn },
  run: WriteContext,
): Promise<Checkpoint> {
  const { table } = state.resource;
  const writer = new EndWriter(state, run, 'refusedEmptied');
  const left = new Map<string, SeenSet>();
  for (const column of new Set([...allowed.keys(), ...held.keys()])) {
    const ids = allowed.get(column) ?? new SeenSet();
    left.set(column, ids.with([...(held.get(column) ?? [])]));
  }
  const isOver = state.checkpoint.phase === 'held';
  for (const { columns, ids } of groupsOf(allowed)) {
    const positions = table.mapped.flatMap(({ name }, at) => (columns.includes(name) ? at : []));
    for (let at = 0; at < ids.length; at += idsPerBatch) {
      const batch = ids.slice(at, at + idsPerBatch);
      for (const column of columns) left.get(column)?.removeAll(batch);
      const rows = await run.target.rowsOf(table, batch);
      await writer.write({
        records: rows.flatMap(({ key, row }) => (row === null ? [] : { key, values: row, hash: '' })),
        plan: (records, found) => records.map((record, n) => emptyStep(state, record, found[n], positions)),
        rest: state.held.with(isOver ? { emptied: left } : { pending: left }),
      });
    }
  }
  return writer.checkpoint;
}

/** Decides on what the row holds now. A record that is gone meanwhile stays so. */
function emptyStep(
  { resource }: PassState,
  record: Prepared,
  found: Found | undefined,
  positions: readonly number[],
): Step {
  const { entry = null, row = null, isRowDeleted = false } = found ?? {};
  if (entry === null || entry.deleted || row === null || isRowDeleted) return { record, change: 'none' };
  const values = row.map((value, at) => (positions.includes(at) ? null : value));
  const emptied = { key: record.key, values, hash: resource.hash(values) };
  const changed = positions.filter((at) => (row[at] ?? null) !== null);
  if (changed.length === 0) return { record: emptied, change: 'refresh' };
  return { record: emptied, change: { type: 'updated', key: record.key, before: row, after: values, changed } };
}

function groupsOf(byColumn: ByColumn): readonly Group[] {
  const columnsOf = new Map<number, string[]>();
  for (const [column, ids] of byColumn) for (const id of ids) columnsOf.set(id, [...(columnsOf.get(id) ?? []), column]);
  const groups = new Map<string, { columns: string[]; ids: number[] }>();
  for (const [id, columns] of columnsOf) {
    const name = JSON.stringify(columns);
    const group = groups.get(name) ?? { columns, ids: [] };
    group.ids.push(id);
    groups.set(name, group);
  }
  return [...groups.values()];
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Found, Step } from '../../batch.ts';
import { type ChangeCounts, noChanges, sumCounts } from '../../change.ts';
import type { Checkpoint, HeldEmptied } from '../../checkpoint.ts';
import { crashPoint } from '../../crash.ts';
import { UnreachableError } from '../../errors.ts';
import type { Prepared } from '../../record.ts';
import { assertTrusted, eventOptions, type WriteContext } from '../../run/context.ts';
import { type ColumnVerdict, filledIn, heldEmptied, judgeEmptied } from '../emptied.ts';
import type { ByColumn, HeldSet } from '../held-set.ts';
import type { PassState } from '../resource.ts';
import { SeenSet } from '../seen-set.ts';
import { idsPerBatch } from './delete.ts';

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
 * 1. Judge each column by what the pass has compared.
 * 2. Write what is allowed, and what a person has permitted, in batches, each a transaction with its events and a checkpoint
 *    that names the rest.
 * 3. Hold the rest back.
 */
export async function endEmptied(state: PassState, run: WriteContext): Promise<EmptiedEnd> {
  const { progress, pass } = state.checkpoint;
  const leavesAdopted = state.checkpoint.phase !== 'held' && hasAdopted(state);
  const isDoubtful = progress.isMixed === true;
  const verdicts = isDoubtful ? [] : verdictsOf(state);
  const writer = new EmptyWriter(state, run);
  const held = new Map<string, SeenSet>();
  const allowed = new Map<string, SeenSet>();
  for (const verdict of verdicts) {
    const ids = candidatesOf(state).get(verdict.column) ?? new SeenSet();
    const permitted = permittedIn(state, verdict.column);
    allowed.set(verdict.column, verdict.isHeld ? permitted : ids);
    if (verdict.isHeld) held.set(verdict.column, ids.without(permitted));
  }
  const checkpoint = await writer.write(allowed, held);
  const { refusedEmptied: refused = 0 } = checkpoint.progress;
  const countOf = ({ column }: ColumnVerdict) => held.get(column)?.count ?? 0;
  return {
    checkpoint,
    held,
    heldEmptied: heldEmptied(verdicts, countOf, { pass, at: run.now() }),
    refused,
    leavesSome: held.size > 0 || isDoubtful || leavesAdopted || refused > 0,
  };
}

/** What the guard says of each column of which a pass would empty values. A run and a dry run call this one function. */
export function verdictsOf(state: PassState): readonly ColumnVerdict[] {
  const { guard, table } = state.resource;
  const { columns = {} } = state.checkpoint.progress;
  const filled = filledIn(table.mapped, columns, candidatesOf(state));
  return judgeEmptied(filled, (column) => permittedIn(state, column).count, guard.maxEmptied);
}

/** Whether the pass has adopted rows with values that it would empty: only the next pass knows their ids. */
function hasAdopted({ checkpoint }: PassState): boolean {
  return Object.values(checkpoint.progress.columns ?? {}).some(({ adopted }) => adopted > 0);
}

/** The records that would lose a value: of this pass, or of one that is held already. */
function candidatesOf({ checkpoint, held }: PassState): ByColumn {
  return checkpoint.phase === 'held' ? held.emptied : held.pending;
}

function permittedIn(state: PassState, column: string): SeenSet {
  const none = new SeenSet();
  if (!state.checkpoint.emptiedPermission) return none;
  return (candidatesOf(state).get(column) ?? none).and(state.held.emptied.get(column) ?? none);
}

/** Records that lose their values of the same columns. */
interface Group {
  readonly columns: readonly string[];
  readonly ids: readonly number[];
}

class EmptyWriter {
  readonly #state: PassState;
  readonly #run: WriteContext;
  #refused: number;
  #changed: ChangeCounts;

  constructor(state: PassState, run: WriteContext) {
    this.#state = state;
    this.#run = run;
    this.#refused = state.checkpoint.progress.refusedEmptied ?? 0;
    this.#changed = state.checkpoint.totals ?? noChanges;
  }

  async write(allowed: ByColumn, held: ByColumn): Promise<Checkpoint> {
    const left = new Map<string, SeenSet>();
    for (const column of new Set([...allowed.keys(), ...held.keys()])) {
      const ids = allowed.get(column) ?? new SeenSet();
      left.set(column, ids.with([...(held.get(column) ?? [])]));
    }
    for (const { columns, ids } of groupsOf(allowed)) {
      for (let at = 0; at < ids.length; at += idsPerBatch) {
        const batch = ids.slice(at, at + idsPerBatch);
        for (const column of columns) left.get(column)?.removeAll(batch);
        await this.#empty({ columns, ids: batch }, this.#rest(left));
      }
    }
    return this.#checkpoint();
  }

  /** A run that is killed must still know that the database has refused something. */
  #checkpoint(refused = 0, counts = noChanges): Checkpoint {
    const { checkpoint } = this.#state;
    const progress = { ...checkpoint.progress, refusedEmptied: this.#refused + refused };
    return { ...checkpoint, progress, totals: sumCounts(this.#changed, counts) };
  }

  /** What is left to do, as the checkpoint has it: a run that is killed continues from there. */
  #rest(left: ByColumn): HeldSet {
    const { checkpoint, held } = this.#state;
    return held.with(checkpoint.phase === 'held' ? { emptied: left } : { pending: left });
  }

  async #empty({ columns, ids }: Group, rest: HeldSet): Promise<void> {
    const { table } = this.#state.resource;
    const rows = await this.#run.target.rowsOf(table, ids);
    let records = rows.flatMap(({ key, row }) => (row === null ? [] : { key, values: row, hash: '' }));
    const positions = table.mapped.flatMap(({ name }, at) => (columns.includes(name) ? at : []));
    const until = performance.now() + this.#run.timings.targetBusyMs;
    for (;;) {
      const busy = new Set(await this.#commit(records, positions, rest));
      records = records.filter(({ key }) => busy.has(key));
      if (records.length === 0) return;
      if (performance.now() > until) throw stillLocked(records.length);
      await sleep(100, undefined, { signal: this.#run.signal });
    }
  }

  async #commit(records: readonly Prepared[], positions: readonly number[], rest: HeldSet): Promise<readonly string[]> {
    const { target, signal, events, committed: noteCommit } = this.#run;
    const { checkpoint, resource } = this.#state;
    assertTrusted(this.#run);
    const committed = await target.commit(
      {
        table: resource.table,
        records,
        plan: (planned, found) => planned.map((record, at) => this.#step(record, found[at], positions)),
        rejected: [],
        pass: checkpoint.pass,
        events: eventOptions(checkpoint, events),
        checkpoint: (_ids, counts, refused) => ({
          checkpoint: this.#checkpoint(refused, counts),
          held: rest.serialize(),
        }),
      },
      signal,
    );
    crashPoint('committed');
    this.#refused += committed.refused.length;
    this.#changed = sumCounts(this.#changed, committed.counts);
    await noteCommit(resource.table.resource, committed.counts);
    return committed.busy;
  }

  /** Decides on what the row holds now. A record that is gone meanwhile stays so. */
  #step(record: Prepared, found: Found | undefined, positions: readonly number[]): Step {
    const { entry = null, row = null, isRowDeleted = false } = found ?? {};
    if (entry === null || entry.deleted || row === null || isRowDeleted) return { record, change: 'none' };
    const values = row.map((value, at) => (positions.includes(at) ? null : value));
    const emptied = { key: record.key, values, hash: this.#state.resource.hash(values) };
    const changed = positions.filter((at) => (row[at] ?? null) !== null);
    if (changed.length === 0) return { record: emptied, change: 'refresh' };
    return { record: emptied, change: { type: 'updated', key: record.key, before: row, after: values, changed } };
  }
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

function stillLocked(count: number): UnreachableError {
  return new UnreachableError(
    `the system has kept ${count} rows locked whose values are to become empty; what was written stays, and the next run continues`,
  );
}

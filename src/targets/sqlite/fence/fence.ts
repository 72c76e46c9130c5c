import type { FenceRow } from '../../../target.ts';
import { fenceOf } from '../../sql/our-rows.ts';
import type { Connection } from '../connection/connection.ts';

/** The fence row of a sync; null if no run has ever taken over. */
export function readFence(connection: Connection, name: string): FenceRow | null {
  const row = connection
    .statement('SELECT fence, generation, next_seq, holder FROM _sync_lease WHERE name = ?')
    .get(name);
  return row ? fenceOf(row) : null;
}

/** Starts a new generation of event numbers, which is at least `floor`, and returns it. Called inside a transaction. */
export function startGeneration(connection: Connection, name: string, floor: number): number {
  const old = readFence(connection, name)?.generation ?? 0;
  const generation = Math.max(Date.now(), floor, old + 1);
  connection.statement('UPDATE _sync_lease SET generation = ? WHERE name = ?').run(generation, name);
  return generation;
}

/** Adds one to the fence, whoever holds it. Called inside a transaction. */
export function raiseFence(connection: Connection, name: string): void {
  connection.statement('UPDATE _sync_lease SET fence = fence + 1 WHERE name = ?').run(name);
}

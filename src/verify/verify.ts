import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DriftCounts, DriftedRow, StoredDrift } from '../drift.ts';
import type { BatchSize } from '../pass/page/batches.ts';
import { type Compared, isOfShape, rowComparison } from '../pass/page/compare-row.ts';
import type { Resource } from '../pass/resource.ts';
import type { TargetReader } from '../target.ts';
import { Findings } from './findings.ts';

export interface Verifying {
  readonly target: TargetReader;
  readonly batchSize: BatchSize;
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** Called for each row that differs. */
  readonly found: (row: DriftedRow) => void;
  /** Keeps what was found for `status`. */
  readonly keep: (resource: string, drift: StoredDrift) => Promise<void>;
  /** Called for each batch with the ids of the rows that differ. A repair forgets what is known of them. */
  readonly repair?: ((resource: string, ids: readonly number[]) => Promise<void>) | undefined;
}

export interface VerifyOptions {
  /** Compare only so many rows, after those of the last sample; null: all of them. */
  readonly sample: number | null;
}

/**
 * Compares the rows of a resource with what is known of them, without a hit.
 *
 * 1. Walk over the known rows in the order of their ids, in batches as long as those of a run. Each batch is one read of one
 *    state of the database, which locks nothing.
 * 2. Compare each row. If it is to be repaired, forget what is known of it.
 * 3. Keep what was found for `status`, or that nothing was.
 */
export async function verify(resource: Resource, { sample }: VerifyOptions, context: Verifying): Promise<DriftCounts> {
  const { target, now, repair, keep } = context;
  const { resource: name } = resource.table;
  const stored = await target.drift(name);
  const findings = new Findings();
  const walk = { from: sample === null ? 0 : stored.checkedTo, most: sample ?? Number.POSITIVE_INFINITY };
  const last = await compareRows(resource, walk, findings, context);
  const found = findings.drift(now(), repair !== undefined);
  const isGone = sample === null && found === null;
  const next: StoredDrift = {
    checkedTo: sample === null ? stored.checkedTo : last,
    found: isGone ? null : (found ?? stored.found),
  };
  if (JSON.stringify(next) !== JSON.stringify(stored)) await keep(name, next);
  return findings.counts;
}

/** Compares rows in the order of their ids, and returns where it ended: 0 behind the last row. */
async function compareRows(
  resource: Resource,
  { from, most }: { readonly from: number; readonly most: number },
  findings: Findings,
  { target, batchSize, signal, found, repair }: Verifying,
): Promise<number> {
  const { table } = resource;
  const checkpoint = (await target.pass(table.resource))?.checkpoint ?? null;
  const compare = rowComparison(resource, isOfShape(checkpoint, resource));
  let after = from;
  for (let left = most; left > 0; ) {
    signal.throwIfAborted();
    const startedAt = performance.now();
    const limit = Math.min(batchSize.value, left);
    const rows = await target.known(table, { after, limit });
    const differing = note(rows.map(compare), findings, found);
    if (repair && differing.length > 0) await repair(table.resource, differing);
    if (rows.length < limit) return 0;
    after = rows.at(-1)?.id ?? 0;
    left -= rows.length;
    batchSize.learn(rows.length, performance.now() - startedAt);
    await nextTurn();
  }
  return after;
}

function note(compared: readonly Compared[], findings: Findings, found: Verifying['found']): number[] {
  const ids: number[] = [];
  for (const each of compared) {
    findings.add(each);
    if (typeof each === 'string') continue;
    found(each);
    ids.push(each.id);
  }
  return ids;
}

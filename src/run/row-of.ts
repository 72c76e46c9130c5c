import { noChanges } from '../change.ts';
import type { Holder } from '../lock.ts';
import type { RunResource, RunRow } from '../run-row.ts';
import type { Summary } from './summary.ts';
import type { Timeline } from './timeline.ts';

/** What a run is, before it does anything. */
export interface RunStart {
  readonly holder: Holder;
  readonly adapter: string;
  /** Of this program. */
  readonly version: string;
  readonly startedAt: number;
}

/** The row of a run that has just started. */
export function startedRow({ holder, adapter, version, startedAt }: RunStart): RunRow {
  return {
    ...{ run: holder.run, holder: `${holder.host}:${holder.pid}`, adapter, version, startedAt: new Date(startedAt) },
    ...{ endedAt: null, outcome: null, exitCode: null },
    ...{ hits: 0, pages: 0, counts: noChanges, rejected: 0, error: null },
  };
}

/** What a run has done, beside its summary. */
export interface RunEnd {
  readonly endedAt: number;
  readonly timeline: Timeline;
  readonly resources: readonly RunResource[];
}

/** The row of a run that is over. */
export function endedRow(start: RunStart, summary: Summary, { endedAt, timeline, resources }: RunEnd): RunRow {
  const { outcome, exitCode, hits, pages, counts, rejected, errors } = summary;
  const { phases, slotWaitMs, statuses } = timeline;
  const [first] = errors;
  return {
    ...startedRow(start),
    ...{ endedAt: new Date(endedAt), outcome, exitCode, hits, pages, counts, rejected },
    ...{ error: first?.message ?? null, hint: first?.hint ?? null },
    ...{ statuses, phases, resources, slotWaitMs },
  };
}

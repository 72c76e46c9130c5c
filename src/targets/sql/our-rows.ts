import type { DeadLetterRow } from '../../listener.ts';
import type { FenceRow, GroupCursor, RejectRow } from '../../target.ts';
import type { Register } from './entry-book.ts';

/** A row of one of our own tables, as a driver gives it. */
export type OurRow = Readonly<Record<string, unknown>>;

/** From `_sync_lease`. */
export function fenceOf(row: OurRow): FenceRow {
  return {
    fence: Number(row.fence),
    generation: Number(row.generation),
    nextSeq: Number(row.next_seq),
    holder: String(row.holder),
  };
}

/** From `_sync_tables`. */
export function registerFrom(row: OurRow): Register {
  return { id: Number(row.id), next: Number(row.next_record), live: Number(row.live) };
}

/** From `_sync_groups`. */
export function groupCursorOf(row: OurRow): GroupCursor {
  return {
    group: String(row.group_name),
    position: { generation: Number(row.generation), seq: Number(row.seq) },
  };
}

/** From `_sync_rejects`; the times as the dialect reads them. */
export function rejectOf(row: OurRow, times: Pick<RejectRow, 'firstAt' | 'at'>): RejectRow {
  return {
    id: String(row.id),
    resource: String(row.resource),
    key: textOrNull(row.key),
    reasons: JSON.parse(String(row.reasons)),
    raw: String(row.raw),
    ...times,
  };
}

/** From `_sync_dead`; `deadAt` as the dialect reads times. */
export function letterOf(row: OurRow, deadAt: Date): DeadLetterRow {
  const attempts: string[] = JSON.parse(String(row.attempts_at));
  return {
    id: String(row.id),
    group: String(row.group_name),
    listener: String(row.listener),
    position: { generation: Number(row.generation), seq: Number(row.seq) },
    type: String(row.type),
    key: String(row.key),
    event: String(row.event),
    reason: String(row.reason),
    lastError: String(row.last_error),
    attemptsAt: attempts.map((at) => new Date(at)),
    deadAt,
  };
}

export function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

import type { DeadLetterRow } from '../../listener.ts';

/** A dead letter from its row; `deadAt` as the dialect reads times. */
export function letterOf(row: Readonly<Record<string, unknown>>, deadAt: Date): DeadLetterRow {
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

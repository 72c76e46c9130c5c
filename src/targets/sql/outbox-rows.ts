import type { EventOptions } from '../../batch.ts';
import { type Change, type ChangeCounts, noChanges } from '../../change.ts';
import { type EventContext, eventOf } from '../../event.ts';
import type { Column } from '../../record.ts';

export function countChanges(changes: readonly Change[]): ChangeCounts {
  const counts = { ...noChanges };
  for (const { type } of changes) counts[type] += 1;
  return counts;
}

/** Where the events of one transaction start, and whose they are. */
export interface Numbering {
  readonly name: string;
  readonly generation: number;
  readonly firstSeq: number;
  readonly at: Date;
}

/** The events of one transaction, numbered without a gap, as the one text of an outbox row. Null: there are none. */
export function eventsText(
  changes: readonly Change[],
  { name, generation, firstSeq, at }: Numbering,
  {
    resource,
    columns,
    options,
  }: { readonly resource: string; readonly columns: readonly Column[]; readonly options: EventOptions },
): string | null {
  if (changes.length === 0 || options.silent) return null;
  const { source, cause } = options;
  const context: EventContext = { name, source, resource, columns, time: at.toISOString(), ...(cause && { cause }) };
  return changes.map((change, n) => eventOf(change, { generation, seq: firstSeq + n }, context)).join('\n');
}

import { deserialize, serialize } from 'node:v8';
import type { Found, Step } from '../../batch.ts';
import type { Prepared } from '../../record.ts';

/** A record that is kept for the end of its pass: its id, and its values exactly as they are, as text. */
export type DeferredRecord = readonly [id: number, record: string];

/** The records of a batch that are kept for the end of their pass. */
export function deferredIn(steps: readonly Step[], found: readonly Found[]): DeferredRecord[] {
  return steps.flatMap(({ record, change }, at): DeferredRecord[] => {
    const { entry = null } = found[at] ?? {};
    return change === 'defer' && entry !== null ? [[entry.id, serialize(record).toString('base64')]] : [];
  });
}

export function deferredRecord(text: unknown): Prepared {
  return deserialize(Buffer.from(String(text), 'base64'));
}

/** How many records one transaction drops: it takes some tens of milliseconds. */
export const droppedAtOnce = 10_000;

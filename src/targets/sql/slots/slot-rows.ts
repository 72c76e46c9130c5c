import { type OurRow, textOrNull } from '../our-rows.ts';
import type { Freeing, KeptSlots } from './slot-rules.ts';

/** A row of `_sync_throttle`: a slot, the limits or the back-off of one key. */
export interface SlotRow extends Freeing {
  readonly kind: 'slot' | 'limits' | 'not-before';
  /** The id of the grant; empty where a key has only one row of this kind. */
  readonly id: string;
  /** JSON: the limits, or the cause of a back-off. */
  readonly note: string | null;
}

export function slotRowOf({ kind, grant_id, until, span, note }: OurRow): SlotRow {
  return {
    kind: kind as SlotRow['kind'],
    id: String(grant_id),
    until: Number(until),
    span: Number(span),
    note: textOrNull(note),
  };
}

export function keptSlots(rows: readonly SlotRow[]): KeptSlots {
  const limits = rows.find(({ kind }) => kind === 'limits');
  const deferred = rows.find(({ kind }) => kind === 'not-before');
  return {
    slots: rows.filter(({ kind }) => kind === 'slot'),
    limits: limits?.note ? { ...limits, limits: JSON.parse(limits.note) } : null,
    deferred: deferred?.note ? { ...deferred, cause: JSON.parse(deferred.note) } : null,
  };
}

export function slotRows({ slots, limits, deferred }: KeptSlots): SlotRow[] {
  const only = { id: '' };
  return [
    ...slots.map(({ id, until, span }): SlotRow => ({ kind: 'slot', id, until, span, note: null })),
    ...(limits ? [{ ...limits, ...only, kind: 'limits' as const, note: JSON.stringify(limits.limits) }] : []),
    ...(deferred ? [{ ...deferred, ...only, kind: 'not-before' as const, note: JSON.stringify(deferred.cause) }] : []),
  ];
}

import { type OurRow, textOrNull } from '../our-rows.ts';
import { type Freeing, type KeptLimit, type KeptSlots, nothingKept } from './slot-rules.ts';

/** A row of `_sync_throttle`: a slot, a limit or the back-off of one key. */
export interface SlotRow {
  /** `limits` is how release 0.1.0 wrote both limits. */
  readonly kind: 'slot' | 'hits' | 'per' | 'limits' | 'not-before';
  /** The id of the grant; empty where a key has only one row of this kind. */
  readonly id: string;
  readonly until: number;
  readonly span: number;
  /** JSON: the limit, or the cause of a back-off, and the time since the boot at which it frees. */
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

/** Pure. */
export function keptSlots(rows: readonly SlotRow[]): KeptSlots {
  let kept = nothingKept;
  for (const { kind, id, until, span, note } of rows) {
    const { uptime = null, ...noted } = note === null ? {} : JSON.parse(note);
    const frees: Freeing = { until, span, uptime };
    if (kind === 'slot') kept = { ...kept, slots: [...kept.slots, { id, ...frees }] };
    else if (kind === 'hits') kept = { ...kept, hits: { ...frees, value: noted.value } };
    else if (kind === 'per') kept = { ...kept, perMs: { ...frees, value: noted.value } };
    else if (kind === 'not-before') kept = { ...kept, deferred: { ...frees, cause: noted } };
    else kept = { ...kept, hits: { ...frees, value: noted.hits }, perMs: { ...frees, value: noted.perMs } };
  }
  return kept;
}

/** Pure. */
export function slotRows({ slots, hits, perMs, deferred }: KeptSlots): SlotRow[] {
  return [
    ...slots.map(({ id, ...frees }) => rowOf('slot', frees, frees.uptime ? {} : null, id)),
    ...limitRow('hits', hits),
    ...limitRow('per', perMs),
    ...(deferred ? [rowOf('not-before', deferred, deferred.cause)] : []),
  ];
}

function limitRow(kind: 'hits' | 'per', limit: KeptLimit | null): SlotRow[] {
  return limit ? [rowOf(kind, limit, { value: limit.value })] : [];
}

function rowOf(kind: SlotRow['kind'], { until, span, uptime }: Freeing, noted: object | null, id = ''): SlotRow {
  const note = noted && JSON.stringify({ ...noted, ...(uptime && { uptime }) });
  return { kind, id, until, span, note };
}

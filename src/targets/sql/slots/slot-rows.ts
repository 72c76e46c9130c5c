import { type OurRow, textOrNull } from '../our-rows.ts';
import type { Freeing, KeptLimit } from './freeing.ts';
import { type KeptSlots, nothingKept } from './slot-rules.ts';
import { noteOf, windowOf } from './window-notes.ts';
import type { KeptWindow } from './window-rules.ts';

/** A row of `_sync_throttle`: a slot, a limit, the back-off or a listed window of one key. */
export interface SlotRow {
  /** `limits` is how release 0.1.0 wrote both limits. */
  readonly kind: 'slot' | 'hits' | 'per' | 'limits' | 'not-before' | 'window';
  /** The id of the grant, or the length of the window; empty where a key has only one row of this kind. */
  readonly id: string;
  readonly until: number;
  readonly span: number;
  /** JSON: the limit, or the cause of a back-off, and the time since the boot at which it frees. */
  readonly note: string | null;
}

/** The key of the rows of kind `window`: an earlier release removes the rows that it does not know under a key. */
export function windowsKey(key: string): string {
  return `${key} windows`;
}

/** Under which key a row is. */
export function keyOf({ kind }: SlotRow, key: string): string {
  return kind === 'window' ? windowsKey(key) : key;
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
    else if (kind === 'window') kept = { ...kept, windows: [...kept.windows, windowOf(Number(id), frees, noted)] };
    else if (kind === 'not-before') kept = { ...kept, deferred: { ...frees, cause: noted } };
    else kept = { ...kept, hits: { ...frees, value: noted.hits }, perMs: { ...frees, value: noted.perMs } };
  }
  return kept;
}

/** Pure. */
export function slotRows({ slots, hits, perMs, deferred, windows }: KeptSlots): SlotRow[] {
  return [
    ...slots.map(({ id, ...frees }) => rowOf('slot', frees, frees.uptime ? {} : null, id)),
    ...limitRow('hits', hits),
    ...limitRow('per', perMs),
    ...(deferred ? [rowOf('not-before', deferred, deferred.cause)] : []),
    ...windows.map(windowRow),
  ];
}

/** What must be written, and what removed, so that the rows are these. Pure. */
export function changesOf(before: readonly SlotRow[], after: readonly SlotRow[]) {
  const nameOf = ({ kind, id }: SlotRow) => `${kind} ${id}`;
  const known = new Map(before.map((row) => [nameOf(row), JSON.stringify(row)]));
  const left = new Set(after.map(nameOf));
  return {
    written: after.filter((row) => known.get(nameOf(row)) !== JSON.stringify(row)),
    removed: before.filter((row) => !left.has(nameOf(row))),
  };
}

function windowRow(window: KeptWindow): SlotRow {
  const latest = window.slots.toSorted((a, b) => b.until - a.until)[0];
  const frees = window.hits ?? latest ?? { until: 0, span: 0, uptime: null };
  return rowOf('window', frees, noteOf(window), String(window.perMs));
}

function limitRow(kind: 'hits' | 'per', limit: KeptLimit | null): SlotRow[] {
  return limit ? [rowOf(kind, limit, { value: limit.value })] : [];
}

function rowOf(kind: SlotRow['kind'], { until, span, uptime }: Freeing, noted: object | null, id = ''): SlotRow {
  const note = noted && JSON.stringify({ ...noted, ...(uptime && { uptime }) });
  return { kind, id, until, span, note };
}

import type { ChangesDraft, FieldDraft } from '../draft.ts';
import { membersOf, textOf } from '../json-places.ts';
import { isoSeconds } from '../windows.ts';
import type { Component, Manifest } from './manifest.ts';
import { type Names, plainText } from './template.ts';

/** How a stream is asked for what changed. A text: why each pass reads everything instead. */
export function changesRead(
  manifest: Manifest,
  stream: Component,
  requester: Component,
  fields: readonly FieldDraft[],
  names: Names,
): ChangesDraft | string | null {
  const cursor = manifest.part(stream, 'incremental_sync');
  if (Object.keys(cursor.node).length === 0) return null;
  const type = textOf(cursor.node.type) ?? '';
  if (type !== 'DatetimeBasedCursor') return `${type} has no counterpart: each pass reads everything`;
  const name = plainText(cursor.node.cursor_field, names);
  const field = fields.find(({ path }) => path === name);
  if (field === undefined)
    return `its cursor field ${name ?? 'is an expression and'} is not a column: each pass reads everything`;
  const param = startParameter(manifest, cursor, requester);
  if (param === null) return `it has no parameter for where to start from ${field.path}: each pass reads everything`;
  const format = formatOf(cursor.node.datetime_format);
  if (format === null)
    return `its times are written as ${String(cursor.node.datetime_format)}, which a bookmark is not: each pass reads everything`;
  const overlap = overlapOf(cursor.node.lookback_window);
  return { field: field.path, param, ...(format !== 'iso' && { format }), ...(overlap !== null && { overlap }) };
}

/** `start_time_option`, or a parameter whose only content is the start of the interval. */
function startParameter(manifest: Manifest, cursor: Component, requester: Component): string | null {
  const { node } = manifest.part(cursor, 'start_time_option');
  if (node.inject_into === 'request_parameter') return textOf(node.field_name) ?? null;
  const parameters = membersOf(manifest.resolve(requester.node.request_parameters));
  const found = Object.entries(parameters).find(([, value]) => isStart(value));
  return found?.[0] ?? null;
}

/** Whether a template is where the interval starts, and nothing else. */
export function isStart(template: unknown): boolean {
  return (
    typeof template === 'string' &&
    /^\s*\{\{\s*(stream_interval|stream_slice)(\.start_time|\[\s*['"]start_time['"]\s*\]|\.get\(\s*['"]start_time['"]\s*\))\s*\}\}\s*$/.test(
      template,
    )
  );
}

/** Whether a template speaks of the interval that is read. */
export function namesInterval(template: unknown): boolean {
  return typeof template === 'string' && /stream_interval|stream_slice|stream_partition|stream_state/.test(template);
}

function formatOf(written: unknown): 'iso' | 'seconds' | 'milliseconds' | null {
  if (written === '%s') return 'seconds';
  if (written === '%ms' || written === '%epoch_milliseconds') return 'milliseconds';
  return typeof written === 'string' && /^%Y-%m-%d[T ]%H:%M:%S/.test(written) ? 'iso' : null;
}

/** Why the look-back window of a stream is not in the config; null if it is, or if there is none. */
export function lookbackUnread(manifest: Manifest, stream: Component): string | null {
  const { lookback_window: window } = manifest.part(stream, 'incremental_sync').node;
  if (window === undefined || window === null || window === '' || isoSeconds(window) !== null) return null;
  return `${typeof window === 'string' ? window.slice(0, 80) : 'its duration'} cannot be read as days, hours, minutes and seconds: "overlap" is not set`;
}

/** An ISO 8601 duration as the config writes it. */
function overlapOf(window: unknown): string | null {
  const total = isoSeconds(window);
  if (total === null || total === 0) return null;
  if (total % 86_400 === 0) return `${total / 86_400}d`;
  if (total % 3600 === 0) return `${total / 3600}h`;
  return total % 60 === 0 ? `${total / 60}m` : `${total}s`;
}

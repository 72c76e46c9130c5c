import type { PaginationDraft, Query } from '../draft.ts';
import { textOf } from '../json-places.ts';
import type { Component, Manifest } from './manifest.ts';
import { answerPath, jmesPath, type Names, plainText } from './template.ts';

export interface PagesRead {
  readonly pagination: PaginationDraft | null;
  /** What every page is asked for with: its size. */
  readonly query: Query;
  readonly notes: readonly string[];
}

/** The paginator of a stream. A text: what has no counterpart, without which the stream cannot be read whole. */
export function pagesRead(
  manifest: Manifest,
  paginator: Component,
  records: string | null,
  names: Names,
): PagesRead | string {
  const type =
    textOf(paginator.node.type) ?? (Object.keys(paginator.node).length === 0 ? 'NoPagination' : 'DefaultPaginator');
  if (type === 'NoPagination') return { pagination: null, query: {}, notes: [] };
  if (type !== 'DefaultPaginator') return `its paginator ${type} has no counterpart`;
  const strategy = manifest.part(paginator, 'pagination_strategy');
  const token = optionOf(manifest, paginator, 'page_token_option');
  const size = sizeOf(manifest, paginator, strategy, names);
  if (typeof size === 'string') return size;
  const kind = textOf(strategy.node.type);
  if (kind === 'PageIncrement') return pageIncrement(strategy, token, size);
  if (kind === 'OffsetIncrement') return offsetIncrement(token, size);
  if (kind === 'CursorPagination') return cursorPages(strategy, token, size, records);
  return `its pagination ${kind ?? 'without a type'} has no counterpart`;
}

interface Option {
  /** `request_parameter`, `header`, `body_json`, `body_data`; `path` replaces the URL. */
  readonly place: string;
  readonly name: string;
}

function optionOf(manifest: Manifest, holder: Component, name: string): Option | null {
  const { node } = manifest.part(holder, name);
  if (Object.keys(node).length === 0) return null;
  if (node.type === 'RequestPath' || node.inject_into === 'path') return { place: 'path', name: '' };
  const path = Array.isArray(node.field_path) ? node.field_path.join('.') : undefined;
  return { place: textOf(node.inject_into) ?? 'request_parameter', name: textOf(node.field_name) ?? path ?? '' };
}

interface Size {
  readonly name: string | null;
  readonly value: number | null;
}

function sizeOf(manifest: Manifest, paginator: Component, strategy: Component, names: Names): Size | string {
  const named = optionOf(manifest, paginator, 'page_size_option');
  // A connector that sends no size writes an empty name.
  const option = named?.name === '' ? null : named;
  const written = strategy.node.page_size;
  const value = written === undefined ? null : Number(plainText(written, names)?.replace(/^\$\{.*:-(\d+)\}$/, '$1'));
  if (Number.isNaN(value)) return 'the size of its pages is an expression that has no counterpart';
  if (option !== null && !isSent(option))
    return `the size of its pages goes into ${option.place}, which has no counterpart`;
  return { name: option?.name ?? null, value };
}

function isSent({ place }: Option): boolean {
  return place === 'request_parameter' || place === 'body_json';
}

function pageIncrement({ node }: Component, token: Option | null, { name, value }: Size): PagesRead | string {
  if (token === null || !isSent(token)) return 'the number of its pages goes where no config can put it';
  const start = node.start_from_page ?? 0;
  if (typeof start !== 'number' || !Number.isInteger(start) || start < 0)
    return 'its first page is an expression that has no counterpart';
  return {
    pagination: {
      type: 'page',
      param: token.name,
      ...(start !== 1 && { start }),
      ...(name !== null && value !== null && { sizeParam: name }),
      ...(value !== null && { size: value }),
    },
    query: {},
    notes:
      node.start_from_page === undefined
        ? ['pages are counted from 0, as the manifest has it: if the API counts from 1, write "start": 1']
        : [],
  };
}

function offsetIncrement(token: Option | null, { name, value }: Size): PagesRead | string {
  if (token === null || !isSent(token)) return 'its offset goes where no config can put it';
  if (name === null || value === null || value < 2) return 'its offsets need a parameter for the size of a page';
  return { pagination: { type: 'offset', param: token.name, limitParam: name, limit: value }, query: {}, notes: [] };
}

function cursorPages(
  { node }: Component,
  token: Option | null,
  { name, value }: Size,
  records: string | null,
): PagesRead | string {
  const query: Query = name !== null && value !== null ? { [name]: value } : {};
  const cursor = answerPath(node.cursor_value);
  if (cursor === null) return `its cursor ${shown(node.cursor_value)} is an expression that has no counterpart`;
  if (cursor[0] === 'headers' && cursor[1]?.toLowerCase() === 'link') {
    return cursor[2] === undefined
      ? 'its Link header is read by an expression that has no counterpart'
      : { pagination: { type: 'link', ...(cursor[2] !== 'next' && { rel: cursor[2] }) }, query, notes: [] };
  }
  const next = placeOf(cursor, records);
  if (next === null) return `its cursor ${shown(node.cursor_value)} has no counterpart`;
  const more = moreOf(node.stop_condition, cursor);
  if (more === undefined)
    return `the end of its pages, ${shown(node.stop_condition)}, is an expression that has no counterpart`;
  const guarded = typeof next === 'string' && more !== null ? `${more} && ${next}` : next;
  if (token?.place === 'path' || token === null)
    return { pagination: { type: 'next-url', next: guarded }, query, notes: [] };
  if (!isSent(token)) return `its cursor goes into ${token.place}, which has no counterpart`;
  return { pagination: { type: 'cursor', next: guarded, param: token.name }, query, notes: [] };
}

function placeOf(names: readonly string[], records: string | null): string | { readonly header: string } | null {
  const [root, ...rest] = names;
  if (root === 'response' && rest.length > 0) return jmesPath(rest);
  if (root === 'headers' && rest.length === 1) return { header: rest[0] ?? '' };
  const list = records ?? '@';
  if (root === 'last_record' && rest.length > 0) return `${list}[-1].${jmesPath(rest)}`;
  if (root === 'last_records' && rest[0] === '-1' && rest.length > 1) return `${list}[-1].${jmesPath(rest.slice(1))}`;
  return null;
}

/** What must be true for more to follow; null: that there is a cursor. Undefined: it cannot be written. */
function moreOf(stop: unknown, cursor: readonly string[]): string | null | undefined {
  if (stop === undefined || stop === null) return null;
  const [, expression = ''] = typeof stop === 'string' ? (/^\s*\{\{(.*?)\}\}\s*$/s.exec(stop) ?? []) : [];
  const plain = expression.trim();
  const [, negated, compared] =
    /^not\s+(.+)$|^(.+?)\s*(?:==|is)\s*(?:false|False|none|None|null|not true|not True)$/.exec(plain) ?? [];
  const names = answerPath(`{{ ${negated ?? compared ?? ''} }}`);
  if (names?.[0] === 'response' && names.length > 1)
    return names.join('/') === cursor.join('/') ? null : jmesPath(names.slice(1));
  // An empty page has no last record, and so no cursor.
  const isEmptyPage =
    /^(last_page_size|last_records\s*\|\s*length|response[^|]*\|\s*length)\s*(==|<)\s*[01]$|^not\s+last_records$/.test(
      plain,
    );
  return isEmptyPage ? null : undefined;
}

function shown(expression: unknown): string {
  return String(expression).replace(/\s+/g, ' ').slice(0, 80);
}

import type { Cursor, Keys, SnapshotPage } from '../../adapter.ts';
import { CursorExpiredError, ProtocolError } from '../../errors.ts';
import type { Expression } from '../../expression.ts';
import { parseJson } from '../../json.ts';
import { canonicalJson, type RawRecord } from '../../record.ts';
import { isSaid } from './bookmark.ts';

/** Where a pass stands whose records come in parts: the cursor of the pager, and the parts that are not whole yet. */
export interface Parts {
  readonly cursor: Cursor | null;
  /** The merged parts of each record, by its key, in the order in which they came first. */
  readonly held: ReadonlyMap<string, RawRecord>;
}

/** They are kept with the checkpoint, which is stored with every page. */
const mostChars = 2_000_000;

export function partsOf(cursor: Cursor | null): Parts {
  if (cursor === null) return { cursor, held: new Map() };
  const stored = storedParts(cursor);
  if (stored) return stored;
  throw new CursorExpiredError('the stored cursor has no parts of records; no hit was made');
}

function storedParts(text: Cursor): Parts | null {
  try {
    const found = parseJson(text) as { readonly cursor?: unknown; readonly held?: unknown };
    if (typeof found.cursor !== 'string' || !Array.isArray(found.held)) return null;
    return { cursor: found.cursor, held: new Map(found.held) };
  } catch {
    return null;
  }
}

/**
 * The page with whole records: it brings what all pages since the last whole ones had, once the answer says that the parts are
 * whole, or the pass ends. Until then it brings nothing. Parts without a key cannot be merged, and come at once.
 */
export function withParts(
  page: SnapshotPage & { readonly records: readonly RawRecord[]; readonly next: Cursor | null },
  { held }: Parts,
  { isWhole, keys }: { readonly isWhole: boolean; readonly keys: Pick<Keys, 'record'> },
): SnapshotPage {
  const merged = new Map(held);
  const keyless: RawRecord[] = [];
  for (const part of page.records) {
    const key = keys.record(part);
    if (key === null) keyless.push(part);
    else merged.set(key, mergedParts(merged.get(key), part));
  }
  if (page.next === null) return { ...page, records: [...merged.values(), ...keyless] };
  if (isWhole) return { ...page, records: [...merged.values(), ...keyless], next: cursorOf(page.next, new Map()) };
  return { ...page, records: keyless, next: cursorOf(page.next, merged) };
}

/** Whether an answer says that the parts so far are whole. An empty text says so, too: MediaWiki writes `"batchcomplete": ""`. */
export function saysWhole(until: Expression | null, document: unknown): boolean {
  const found = until?.(document) ?? null;
  return found === '' || isSaid(found);
}

/** Objects are merged, lists are joined, and of other values the later one counts. What is equal stays as it is. */
function mergedParts(before: unknown, part: unknown): unknown {
  if (before === undefined || before === null) return part;
  if (part === undefined || part === null || canonicalJson(before) === canonicalJson(part)) return before;
  if (Array.isArray(before) && Array.isArray(part)) return [...before, ...part];
  if (!isObject(before) || !isObject(part)) return part;
  const names = new Set([...Object.keys(before), ...Object.keys(part)]);
  return Object.fromEntries([...names].map((name) => [name, mergedParts(own(before, name), own(part, name))]));
}

function own(parent: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(parent, name) ? parent[name] : undefined;
}

function cursorOf(cursor: Cursor, held: ReadonlyMap<string, RawRecord>): Cursor {
  const text = canonicalJson({ cursor, held: [...held] });
  if (text.length <= mostChars) return text;
  throw new ProtocolError(
    `the parts of ${held.size} records are not whole yet and take more than ${mostChars} characters; nothing of this page was written`,
    { hint: 'Set `parts.until` to what says that the parts are whole, or ask for fewer records or fields.' },
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

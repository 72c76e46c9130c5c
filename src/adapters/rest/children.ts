import type { Cursor, Page, PageRequest, Parent, Parents, SnapshotPage } from '../../adapter.ts';
import { ConfigError, ProtocolError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { partsOf, type RawRecord } from '../../record.ts';
import type { RestResource } from './options.ts';
import { storedPlace } from './paging/pager.ts';

/** Where a pass over the children of all parents stands. */
interface Place extends Parent {
  /** Of the pager, in the list of this parent. */
  readonly cursor: Cursor | null;
  /** How many records the list of this parent has brought. */
  readonly seen: number;
  /** How many it has, as the latest of its pages that says so. */
  readonly total?: number;
  /** How many parents are behind it, and how many of those the third party did not know. */
  readonly visited: number;
  readonly gone: number;
}

/** What a record has under this name: the key of its parent, or its fields by name if there are several. */
const parentName = '_parent';

interface ReadOptions {
  /** Reads a page of the list of one parent. */
  readonly read: (key: string, cursor: Cursor | null) => Promise<Page>;
  readonly log: Log;
}

/**
 * One page of a resource that has a list for each parent: one list after the other, in the order of the parents. The pass
 * proves that a record is gone only if each list was read to its end, and if the parents at its end are those that it read.
 */
export async function fetchOfParents(request: PageRequest, { read, log }: ReadOptions): Promise<SnapshotPage> {
  const { parents } = request;
  if (!parents) throw new ConfigError(`the parents of ${request.resource} are not known; no hit was made`);
  const place = request.cursor === null ? await firstPlace(parents) : storedPlace(request.cursor, isPlace);
  if (place === null) return { mode: 'snapshot', records: [], next: null, shifted: true };
  const list = await read(place.key, place.cursor).catch((error: unknown) => goneOr(error, place, log));
  const { records, next, total = place.total, isCut } = list === 'gone' ? nothing : pageIn(list);
  const seen = place.seen + records.length;
  const isShort = isCut || list === 'gone' || (next === null && total !== undefined && seen < total);
  const here = { ...place, cursor: next, seen, ...(total !== undefined && { total }) };
  const after = next === null ? await placeAfter(place, list === 'gone', parents) : here;
  const isEnd = 'shifted' in after;
  const shifted = isShort || (isEnd && after.shifted);
  const named = parentOf(place.key, parents);
  return {
    mode: 'snapshot',
    records: records.map((record) => withParent(record, named)),
    next: isEnd ? null : JSON.stringify(after),
    ...(shifted && { shifted }),
  };
}

/** The resource with the path and the query of one parent. */
export function ofParent(resource: RestResource, key: string, fields: readonly string[]): RestResource {
  const parts = fields.length === 1 ? [key] : partsOf(key);
  const fill = (text: string, write: (part: string) => string) =>
    text.replace(/\{([^{}]+)\}/g, (whole, name: string) => {
      const at = fields.indexOf(name);
      return at < 0 ? whole : write(String(parts[at]));
    });
  const query = Object.entries(resource.query ?? {}).map(([name, value]) => {
    return [name, typeof value === 'string' ? fill(value, (part) => part) : value] as const;
  });
  return { ...resource, path: fill(resource.path, encodeURIComponent), query: Object.fromEntries(query) };
}

const nothing = { records: [], next: null, total: undefined, isCut: false } as const;

/** The pages of this adapter have their records in a list, and say what comes next. */
function pageIn(page: Page) {
  if (page.mode !== 'snapshot') throw new ProtocolError(`a list of children came as ${page.mode}; nothing was written`);
  const { records, next, total, shifted } = page;
  if (typeof next === 'function') throw new ProtocolError('a list of children has no cursor; nothing was written');
  return { records: [...(records as readonly RawRecord[])], next, total, isCut: shifted === true };
}

async function firstPlace(parents: Parents): Promise<Place | null> {
  const first = await parents.after(0);
  return first && { ...first, cursor: null, seen: 0, visited: 0, gone: 0 };
}

/** The next parent; or the end, and whether other parents are there than were read. */
async function placeAfter(place: Place, isGone: boolean, parents: Parents): Promise<Place | { shifted: boolean }> {
  const visited = place.visited + 1;
  const gone = place.gone + (isGone ? 1 : 0);
  const next = await parents.after(place.id);
  if (next !== null) return { ...next, cursor: null, seen: 0, visited, gone };
  if (gone === visited)
    throw new ProtocolError(`the third party knows none of ${visited} parents; nothing of this pass was deleted`, {
      hint: "Check the resource's `path`: the key of the parent stands in it.",
    });
  return { shifted: visited !== (await parents.count()) };
}

/** The third party may have deleted a parent that the system still has. */
function goneOr(error: unknown, { key, cursor }: Place, log: Log): 'gone' {
  const isGone = error instanceof ProtocolError && (error.status === 404 || error.status === 410);
  if (!isGone || cursor !== null) throw error;
  log.info(`the third party does not know the parent ${key} any more (${error.status}); this pass deletes nothing`);
  return 'gone';
}

function parentOf(key: string, { fields }: Parents): unknown {
  if (fields.length === 1) return key;
  const parts = partsOf(key);
  return Object.fromEntries(fields.map((name, at) => [name, parts[at] ?? null]));
}

function withParent(record: RawRecord, parent: unknown): RawRecord {
  const isObject = typeof record === 'object' && record !== null && !Array.isArray(record);
  return isObject ? { ...record, [parentName]: parent } : record;
}

function isPlace(found: object): found is Place {
  return 'id' in found && Number.isSafeInteger(found.id) && 'key' in found && 'visited' in found && 'cursor' in found;
}

import type {
  Adapter,
  AdapterContext,
  ChangesPage,
  Cursor,
  Keys,
  Mode,
  PageRequest,
  SnapshotPage,
} from '../adapter.ts';
import { ProtocolError } from '../errors.ts';
import { canonicalJson, type RawRecord } from '../record.ts';

/** A pass as a run makes it: page by page. Nothing is kept of a page that fails. */
export interface Walk {
  readonly records: readonly RawRecord[];
  readonly deleted: readonly string[];
  readonly pages: readonly WalkedPage[];
  readonly isComplete: boolean;
  /** Where a later pass of changes starts: the bookmark of the first page, or in a log of the last. */
  readonly bookmark: string | null;
  /** Takes the next page. Throws what the adapter throws, and `ProtocolError` where a run would. */
  takePage(adapter: Adapter, context: AdapterContext): Promise<WalkedPage>;
}

export interface WalkedPage {
  /** What the adapter was asked for. */
  readonly request: PageRequest;
  readonly records: readonly RawRecord[];
  readonly deleted: readonly string[];
  readonly next: Cursor | null;
  readonly total: number | null;
  readonly bookmark: string | null;
  readonly isBookmarkLast: boolean;
}

const mostPages = 100;

/** Where a walk starts, and how it reads keys. */
export interface WalkOptions {
  /** Null means a pass over everything. */
  readonly bookmark?: string | null | undefined;
  /** The field from which the system's key is made. Without it, the adapter decides what a key is. */
  readonly key?: string | undefined;
}

/** Starts a walk over everything or, with a bookmark, over what changed since. */
export function startWalk(resource: string, { bookmark = null, key }: WalkOptions = {}): Walk {
  const asked = { resource, bookmark, ...(key !== undefined && { keys: keysOf(key) }) };
  const pages: WalkedPage[] = [];
  const met = new Set<string>();
  const cursor = () => pages.at(-1)?.next ?? null;

  return {
    pages,
    get records() {
      return pages.flatMap(({ records }) => records);
    },
    get deleted() {
      return pages.flatMap(({ deleted }) => deleted);
    },
    get isComplete() {
      return pages.length > 0 && cursor() === null;
    },
    get bookmark() {
      return (pages.at(-1)?.isBookmarkLast ? pages.at(-1) : pages[0])?.bookmark ?? null;
    },
    async takePage(adapter, context) {
      const mode = bookmark === null ? wholeMode(adapter.modes(resource)) : 'changes';
      const page = await readPage(adapter, { ...asked, mode, cursor: cursor() }, context);
      refuseRepetition(page, met);
      pages.push(page);
      return page;
    },
  };
}

/** The mode of a run without a bookmark: a snapshot, or changes if the adapter has only these. */
function wholeMode(modes: readonly Mode[]): Mode {
  return modes.includes('snapshot') ? 'snapshot' : 'changes';
}

/** Reads one page whole. */
export async function readPage(adapter: Adapter, request: PageRequest, context: AdapterContext): Promise<WalkedPage> {
  const page = await adapter.fetchPage(request, context);
  if (page.mode !== request.mode)
    throw new ProtocolError(`the adapter was asked for ${request.mode} and gave ${page.mode}`);
  return wholePage(request, page);
}

async function wholePage(request: PageRequest, page: SnapshotPage | ChangesPage): Promise<WalkedPage> {
  const records: RawRecord[] = [];
  for await (const record of page.records) records.push(record);
  const next = typeof page.next === 'function' ? page.next() : page.next;
  if (next !== null && typeof next !== 'string')
    throw new ProtocolError(`the next cursor is a ${typeof next}; it is stored, so it must be a text or null`);
  const { deleted = [], total = null } = page as Partial<ChangesPage & SnapshotPage>;
  const bookmark = typeof page.bookmark === 'function' ? page.bookmark() : page.bookmark;
  const isBookmarkLast = page.isLog === true || page.isBookmarkLast === true;
  return { request, records, deleted, next, total, bookmark: bookmark ?? null, isBookmarkLast };
}

/** Keys as in a run whose resource has this key and no map. */
function keysOf(key: string): Keys {
  const keyIn = (raw: RawRecord) => {
    const found = typeof raw === 'object' && raw !== null ? (raw as Readonly<Record<string, unknown>>)[key] : raw;
    return found === undefined || found === null ? null : String(found);
  };
  return { record: keyIn, tombstone: keyIn };
}

/** A cursor or the content of a page that repeats in one pass is an error, as in a run. */
function refuseRepetition({ records, next }: WalkedPage, met: Set<string>): void {
  const marks = [
    ...(next === null ? [] : [`cursor ${next}`]),
    ...(records.length === 0 ? [] : [`page ${canonicalJson(records)}`]),
  ];
  for (const mark of marks) {
    if (met.has(mark)) throw new ProtocolError(`the ${mark.slice(0, 60)} repeats: this pass would never end`);
    met.add(mark);
  }
  if (met.size > 2 * mostPages) throw new ProtocolError(`more than ${mostPages} pages, for a handful of records`);
}

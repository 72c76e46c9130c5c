import type { Page, PageRequest } from '../../adapter.ts';
import { ProtocolError } from '../../errors.ts';
import { longestExcerpt, shortened } from '../../excerpt.ts';
import { followPath } from '../../expression.ts';
import type { Log } from '../../log.ts';
import { canonicalJson, type RawRecord } from '../../record.ts';
import { validatorsOf } from '../../validators.ts';
import { BodyChunk } from './body-chunk.ts';
import type { Bookmarks } from './bookmark.ts';
import { plainKeys, type Sorted, type Sorting, sortChanges, sortGraves, sortLog } from './changes.ts';
import { describe, describeKeys } from './describe.ts';
import { newestWith } from './newest.ts';
import type { RestResource } from './options.ts';
import { overlookedIn } from './paging/overlooked.ts';
import type { Answered, Turn } from './paging/pager.ts';
import { type Parts, withParts } from './parts.ts';
import type { ResourceReader } from './resource-reader.ts';
import { cursorOf, type Stage } from './stage.ts';

/** Which page was asked for, and in which context. */
interface Asked {
  readonly stage: Stage;
  /** What is held of records that come in parts; null if they do not. */
  readonly parts: Parts | null;
  readonly request: PageRequest;
  readonly log: Log;
}

interface Answer extends Omit<Answered, 'records' | 'total'> {
  readonly body: Uint8Array;
}

/** The page that an answer brings. Throws `ProtocolError` if the answer is not a page. */
export function pageOf({ body, ...answer }: Answer, reader: ResourceReader, asked: Asked): Page {
  const found = reader.records(answer.document);
  if (!Array.isArray(found)) throw errorOf(answer) ?? noRecords(found, answer.document, reader.resource);
  const records: readonly RawRecord[] = found;
  const total = countOf(reader.total(answer));
  const answered = { ...answer, records, total };
  const turn = reader.pager.turn(answered, asked.stage.cursor, asked.request.lastCount ?? null);
  if (asked.stage.cursor === null && !asked.stage.isAtGraves) {
    const { resource: name } = asked.request;
    for (const warning of overlookedIn(answered, turn, name, reader.resource)) asked.log.warn(warning);
  }
  const leftOut = records.length - turn.records.length;
  return withChunk(pageOfTurn(answered, turn, reader, asked), new BodyChunk(body, turn.records, leftOut), turn);
}

/** A page that has the records of its turn as they are is recognised by its body. */
function withChunk(page: Page, chunk: BodyChunk, { records }: Turn): Page {
  return page.mode === 'snapshot' && page.records === records ? { ...page, chunks: [chunk] } : page;
}

/** The page after the last one: the third party says by its status that there are no more. */
export function pagePastEnd(url: URL, reader: ResourceReader, asked: Asked): Page {
  const answered = { url, headers: {}, document: null, records: [], total: undefined };
  return pageOfTurn(answered, { records: [], next: null }, reader, asked);
}

function pageOfTurn(answered: Answered, turn: Turn, reader: ResourceReader, asked: Asked): Page {
  const { bookmarks, isWhole } = reader;
  if (bookmarks !== null) return pageWithBookmark(answered, turn, { ...reader, bookmarks }, asked);
  const { total, headers, document } = answered;
  const page = { mode: 'snapshot' as const, total, ...turn, validators: validatorsOf(headers) };
  if (isWhole === null || asked.parts === null) return page;
  const { keys = plainKeys } = asked.request;
  return withParts(page, asked.parts, { isWhole: turn.next !== null && isWhole(document), keys });
}

/** A page of a resource with `mode: changes`. Each page says what it knows about the next bookmark. */
function pageWithBookmark(
  answered: Answered,
  turn: Turn,
  reader: ResourceReader & { readonly bookmarks: Bookmarks },
  { stage, request, log }: Asked,
): Page {
  const { bookmarks, tombstones } = reader;
  const { mode, keys = plainKeys } = request;
  const mark = stage.isAtGraves ? stage.mark : bookmarks.read(answered, stage.mark);
  const bookmark = mark?.bookmark ?? request.bookmark;
  const isLog = bookmarks.isLog && !stage.isAtGraves;
  const common = { shifted: turn.shifted === true, isBookmarkLast: true, isLog };
  const { newest: newestBefore, oldestGrave: oldestBefore } = stage;
  const sorting = { bookmarks, tombstones, keys, log, newest: newestBefore, oldestGrave: oldestBefore };
  if (mode === 'changes') {
    const { oldestGrave, ...sorted } = sortPage(turn.records, answered.document, {
      ...{ ...sorting, isLog, isAtGraves: stage.isAtGraves },
    });
    const newest = newestWith(newestBefore, sorted.records, bookmarks);
    const next = nextOf(turn.next, { ...stage, mark, newest, oldestGrave }, reader.graves !== null);
    return { mode, next, ...common, ...sorted, bookmark: bookmark ?? '' };
  }
  const next = nextOf(turn.next, { ...stage, mark }, false);
  const whole = {
    mode,
    next,
    ...common,
    ...(bookmark !== null && { bookmark }),
    validators: validatorsOf(answered.headers),
  };
  if (isLog) {
    const { records, deleted } = sortLog(turn.records, answered.document, sorting);
    return { ...whole, records, gone: deleted };
  }
  if (!tombstones.areAmongRecords) return { ...whole, total: answered.total, records: turn.records };
  return { ...whole, records: turn.records.filter((raw) => !tombstones.isOne(raw)) };
}

function sortPage(
  records: readonly RawRecord[],
  document: unknown,
  { isLog, isAtGraves, ...sorting }: Sorting & { readonly isLog: boolean; readonly isAtGraves: boolean },
): Sorted {
  if (isAtGraves) return sortGraves(records, sorting);
  return isLog ? sortLog(records, document, sorting) : sortChanges(records, document, sorting);
}

/** After the last page of what changed come the pages that list what is gone, if there are any. */
function nextOf(next: Stage['cursor'], stage: Stage, hasGraves: boolean): string | null {
  if (next !== null) return cursorOf({ ...stage, cursor: next });
  return hasGraves && !stage.isAtGraves ? cursorOf({ ...stage, cursor: null, isAtGraves: true }) : null;
}

/** Some APIs report an error with a status that says success: `errors` as GraphQL does, or `error`. */
function errorOf({ url, document }: Pick<Answered, 'url' | 'document'>): ProtocolError | undefined {
  if (typeof document !== 'object' || document === null) return undefined;
  const said = ['errors', 'error'].map((name) => followPath([name])(document)).find(isThere);
  if (said === undefined) return undefined;
  const quoted = shortened(canonicalJson(said), longestExcerpt);
  return new ProtocolError(
    `${url.origin}${url.pathname} reports an error with status 200: ${quoted}; nothing of this page was written`,
    { hint: "Check what this request needs in the API's documentation." },
  );
}

function isThere(error: unknown): boolean {
  if (typeof error === 'object' && error !== null) return Object.keys(error).length > 0;
  return Boolean(error);
}

function noRecords(found: unknown, document: unknown, { records = '@' }: RestResource): ProtocolError {
  return new ProtocolError(
    `\`${records}\` is ${describe(found)}, not an array; ${describeKeys(document)}. Nothing of this page was written`,
    {
      hint: "Set the resource's `records` to the path of the array of records.",
    },
  );
}

/** It may be absent: some APIs send it only on the first page. */
function countOf(found: unknown): number | undefined {
  if (found === null || found === undefined || found === '') return undefined;
  const count = typeof found === 'string' || typeof found === 'number' ? Number(found) : Number.NaN;
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new ProtocolError(`the total is ${JSON.stringify(found)}, not a count; nothing of this page was written`);
}

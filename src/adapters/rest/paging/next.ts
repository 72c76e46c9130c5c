import LinkHeader from 'http-link-header';
import type { Cursor } from '../../../adapter.ts';
import { CursorExpiredError, messageOf, ProtocolError } from '../../../errors.ts';
import { describe } from '../describe.ts';
import type { CursorPagination } from '../options.ts';
import { type Pager, storedPlace, withQuery } from './pager.ts';
import type { ReadPlace } from './place.ts';

/** The answer has the next cursor, which goes into a parameter, or is an object of parameters. `secret` is as below. */
export function cursorPager({ param }: CursorPagination, next: ReadPlace, secret: string | undefined): Pager {
  if (param === undefined)
    return {
      urlOf: (first, cursor) => (cursor === null ? first : withQuery(first, storedPlace(cursor, isQuery))),
      turn: (page) => ({ records: page.records, next: queryOf(next(page), secret) }),
    };
  return {
    urlOf: (first, cursor) => (cursor === null ? first : withQuery(first, { [param]: cursor })),
    turn: (page) => ({ records: page.records, next: textOf(next(page)) }),
  };
}

/** The answer has the URL of the next page. Many APIs repeat credentials in it: `secret` is the parameter that is not kept. */
export function nextUrlPager(next: ReadPlace, secret: string | undefined): Pager {
  return {
    urlOf: storedUrl,
    turn: (page) => {
      const reference = textOf(next(page));
      return { records: page.records, next: reference === null ? null : resolved(reference, page.url, secret) };
    },
  };
}

/** The Link header has the URL of the next page (RFC 8288). `secret` is as above. */
export function linkPager(rel: string, secret: string | undefined): Pager {
  return {
    urlOf: storedUrl,
    turn: ({ records, headers, url }) => {
      const [link] = linksOf(headers.link).rel(rel);
      return { records, next: link === undefined ? null : resolved(link.uri, url, secret) };
    },
  };
}

/** What Node accepts of an HTTP answer's whole head. The parser takes quadratic time, and saved answers have no such limit. */
const longestHeader = 16_384;

function linksOf(header = ''): LinkHeader {
  try {
    if (header.length > longestHeader) throw new Error(`it has more than ${longestHeader} characters`);
    return LinkHeader.parse(header);
  } catch (error) {
    throw new ProtocolError(`the Link header cannot be read: ${messageOf(error)}; nothing of this page was written`, {
      cause: error,
    });
  }
}

/** A pass ends at null, false (`has_more && ...`), an empty text, or if there is nothing. */
function textOf(found: unknown): Cursor | null {
  if (found === null || found === undefined || found === false || found === '') return null;
  if (typeof found === 'string' || typeof found === 'number' || typeof found === 'bigint') return String(found);
  throw new ProtocolError(
    `the next cursor is ${describe(found)}, not a text or a number; nothing of this page was written`,
  );
}

type Query = Readonly<Record<string, string | number | boolean>>;

/** A cursor that is an object, as it is stored. */
function queryOf(found: unknown, secret: string | undefined): Cursor | null {
  if (found === null || found === undefined || found === false || found === '') return null;
  if (typeof found !== 'object' || Array.isArray(found))
    throw new ProtocolError(
      `the next cursor is ${describe(found)}, not an object of parameters; nothing of this page was written`,
      { hint: 'Set `param` of the pagination to the parameter that takes the cursor.' },
    );
  const members = Object.entries(found).filter(([name, value]) => name !== secret && value !== null);
  const odd = members.find(([, value]) => typeof value === 'object');
  if (odd)
    throw new ProtocolError(
      `the next cursor has ${describe(odd[1])} in \`${odd[0]}\`, not a text or a number; nothing of this page was written`,
    );
  return members.length === 0
    ? null
    : JSON.stringify(Object.fromEntries(members.map(([name, value]) => [name, textIn(value)])));
}

/** An integer past 2^53 is a bigint, which JSON does not know. */
function textIn(value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

function isQuery(found: object): found is Query {
  return (
    !Array.isArray(found) &&
    Object.values(found).every((value) => ['string', 'number', 'boolean'].includes(typeof value))
  );
}

function resolved(reference: string, from: URL, secret: string | undefined): string {
  const next = URL.canParse(reference, from.href) ? new URL(reference, from) : undefined;
  if (next?.origin === from.origin) return without(secret, next).href;
  const problem = next ? `is on another origin, ${next.origin}` : 'is not a URL';
  throw new ProtocolError(
    `the link to the next page ${problem}; it is not followed, and nothing of this page was written`,
  );
}

function without(parameter: string | undefined, url: URL): URL {
  if (parameter !== undefined && url.searchParams.has(parameter)) url.searchParams.delete(parameter);
  return url;
}

function storedUrl(first: URL, cursor: Cursor | null): URL {
  if (cursor === null) return first;
  if (URL.canParse(cursor)) return new URL(cursor);
  throw new CursorExpiredError('the stored cursor belongs to another kind of pagination; no hit was made');
}

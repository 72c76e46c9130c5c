import type { PaginationDraft, Query } from '../draft.ts';
import { memberPath, type Scalar, scalarsIn } from '../json-places.ts';
import { squeezed } from '../names.ts';
import type { PageFacts } from './answer.ts';
import { parameterLike } from './answer.ts';

/** A way from page to page, and what of it is a guess. */
export interface WayFound {
  readonly pagination: PaginationDraft;
  /** The parameters of the URL that the pagination sends itself. */
  readonly ownParameters: readonly string[];
  /** What the first page is asked for with, where some APIs answer otherwise without it. */
  readonly first?: Query;
  readonly guess?: string;
  /** The answer says that nothing follows. */
  readonly isEnd?: true;
}

/** The `Link` header (RFC 8288). A header without `next` is that of a list with one page. */
export function linkHeader({ answer: { headers } }: PageFacts): WayFound | null {
  const { link } = headers;
  if (link === undefined || !/rel\s*=\s*"?[^",;]*\b(next|prev|previous|first|last)\b/i.test(link)) return null;
  return { pagination: { type: 'link' }, ownParameters: [] };
}

/** Names of the URL of the next page, without case and punctuation. */
export const nextUrlNames: ReadonlySet<string> = new Set([
  ...['next', 'nexturl', 'nextlink', 'nexthref', 'nextpage', 'nextpageurl', 'nextpagelink', 'nexturi', 'nextpageuri'],
  ...['odatanextlink', 'nextrecordsurl'],
]);

/** A URL in the body. Null counts where a sibling shows that it is one. */
export function nextUrl({ answer }: PageFacts): WayFound | null {
  const next = scalarsIn(answer.document).find((scalar) => isNextUrl(scalar, answer.url));
  if (next === undefined) return null;
  const isEnd = next.value === null && ({ isEnd: true } as const);
  return { pagination: { type: 'next-url', next: next.path }, ownParameters: [], ...isEnd };
}

function isNextUrl({ name, value, siblings, parents }: Scalar, from: URL): boolean {
  const word = squeezed(name);
  const isNamed =
    nextUrlNames.has(word) || (['href', 'url'].includes(word) && squeezed(parents.at(-1) ?? '') === 'next');
  if (!isNamed) return false;
  if (typeof value === 'string') return isUrlOn(value, from);
  if (value !== null) return false;
  const others = Object.entries(siblings).filter(([other]) => /^(prev|previous|first|last|self)/i.test(other));
  return (
    others.some(([, other]) => typeof other === 'string' && isUrlOn(other, from)) ||
    ('count' in siblings && 'previous' in siblings)
  );
}

function isUrlOn(text: string, from: URL): boolean {
  return /^(https?:\/\/|\/|\?)/i.test(text) && URL.parse(text, from.href)?.origin === from.origin;
}

/** Names of a cursor in a body, without case and punctuation, and the parameters that take it. */
export const cursorParameters: ReadonlyMap<string, string> = new Map([
  ['nextcursor', 'cursor'],
  ['cursor', 'cursor'],
  ['nextpagetoken', 'page_token'],
  ['pagetoken', 'page_token'],
  ['nexttoken', 'next_token'],
  ['nextpage', 'page'],
  ['nextoffset', 'offset'],
  ['nextskip', 'skip'],
  ['nextstart', 'start'],
  ['next', 'cursor'],
  ['nextid', 'after'],
  ['nextkey', 'start_key'],
  ['endcursor', 'after'],
  ['aftercursor', 'after'],
  ['after', 'after'],
  ['nextafter', 'after'],
  ['continuation', 'continuation'],
  ['continuationtoken', 'continuationToken'],
  ['continue', 'continue'],
  ['bookmark', 'bookmark'],
  ['marker', 'marker'],
  ['nextmarker', 'marker'],
  ['scrollid', 'scroll_id'],
]);

/** A cursor in the body, which goes into a parameter. */
export function bodyCursor({ answer }: PageFacts): WayFound | null {
  const scalars = scalarsIn(answer.document);
  const next = scalars.find(({ name, value }) => {
    const isCursor =
      (typeof value === 'string' && value !== '' && !/^https?:/i.test(value)) || typeof value === 'number';
    return cursorParameters.has(squeezed(name)) && isCursor && !isPlaceOfThisPage(name, value, answer.url);
  });
  const ended = scalars.find(
    ({ name, value }) => value === null && /^next/.test(squeezed(name)) && cursorParameters.has(squeezed(name)),
  );
  const found = next ?? ended;
  if (found === undefined) return null;
  const { param, isGuess } = parameterFor(found, answer.url);
  const counted = /^\d+$/.exec(answer.url.searchParams.get(param) ?? '')?.[0];
  return {
    pagination: { type: 'cursor', next: withMore(found), param },
    ownParameters: [param],
    ...(found.value === null && ({ isEnd: true } as const)),
    ...(counted !== undefined && { first: { [param]: firstOf(Number(counted), found.value) } }),
    ...(isGuess && { guess: `the answer does not say which parameter takes ${found.path}: "${param}" is a guess` }),
  };
}

/** Pages are counted from 1 or from 0, and offsets from 0. */
function firstOf(asked: number, next: unknown): number {
  return asked > 0 && Number(next) - asked === 1 ? 1 : 0;
}

/** `cursor` and `after` may say where this page began. */
function isPlaceOfThisPage(name: string, value: unknown, url: URL): boolean {
  return /^(cursor|after|marker|bookmark)$/i.test(name) && url.searchParams.get(name) === String(value);
}

function parameterFor({ name, value }: Scalar, url: URL): { readonly param: string; readonly isGuess: boolean } {
  const usual = cursorParameters.get(squeezed(name)) ?? 'cursor';
  const written = [...url.searchParams.keys()];
  const same = written.find((parameter) => squeezed(parameter) === squeezed(usual));
  if (same !== undefined) return { param: same, isGuess: false };
  const counted =
    typeof value === 'number' ? [...url.searchParams].find(([, text]) => isBefore(text, value, url)) : undefined;
  if (counted !== undefined) return { param: counted[0], isGuess: false };
  const known = parameterLike(url, [
    'cursor',
    'after',
    'startingafter',
    'pagetoken',
    'token',
    'continuation',
    'marker',
  ]);
  if (known !== undefined) return { param: known.name, isGuess: false };
  if (squeezed(name) === 'next' && typeof value === 'number') return { param: 'page', isGuess: true };
  if (/^next[A-Z]/.test(name) && name.endsWith('Token')) return { param: lowerFirst(name.slice(4)), isGuess: true };
  return { param: usual, isGuess: true };
}

function isBefore(text: string, next: number, url: URL): boolean {
  if (!/^\d+$/.test(text)) return false;
  const step = next - Number(text);
  const isSize = [...url.searchParams].some(
    ([name, size]) => /size|limit|count|per/i.test(name) && Number(size) === step,
  );
  return step === 1 || (step > 1 && isSize);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Some APIs give a cursor on the last page as well, and say beside it that nothing follows. */
function withMore({ path, siblings }: Scalar): string {
  const more = Object.entries(siblings).find(([name, value]) => isMore(name, value));
  if (more === undefined) return path;
  const parent = path.replace(/\.?("(?:[^"\\]|\\.)*"|\w+)$/, '');
  return `${memberPath(parent, more[0])} && ${path}`;
}

/** Names of the flag that says whether more follows. */
export const moreNames: ReadonlySet<string> = new Set([
  'hasmore',
  'more',
  'hasnext',
  'hasnextpage',
  'hasmoreitems',
  'hasmoreresults',
]);

function isMore(name: string, value: unknown): boolean {
  return typeof value === 'boolean' && moreNames.has(squeezed(name));
}

/** No cursor, but a flag: the API continues after the key of the last record, as Stripe's does. */
export function afterLastRecord({ answer, list, keyPath }: PageFacts): WayFound | null {
  const more = scalarsIn(answer.document).find(({ name, value }) => isMore(name, value));
  if (more === undefined || keyPath === null || list === null) return null;
  const written = parameterLike(answer.url, ['startingafter', 'after', 'afterid', 'sinceid']);
  const param = written?.name ?? 'starting_after';
  return {
    pagination: { type: 'cursor', next: `${more.path} && ${list}[-1].${keyPath}`, param, stable: true },
    ownParameters: [param],
    ...(!written && {
      guess: `the answer says whether more follows, but not how to ask for it: "${param}" with the last record's key is a guess`,
    }),
  };
}

import type { RestResource } from '../options.ts';
import type { Answered, Turn } from './pager.ts';

/** What the first page of a resource says about more records, and its config does not read. Pure. One sentence each. */
export function overlookedIn(page: Answered, turn: Turn, name: string, resource: RestResource): readonly string[] {
  const count = page.records.length;
  const isUnpaginated = (resource.pagination?.type ?? 'none') === 'none';
  const next = isUnpaginated ? nextIn(page) : null;
  const total = isUnpaginated && page.total === undefined ? largerCountIn(page, count) : null;
  // Numbered pages and offsets go on by our own count, which proves nothing about the size.
  const isTold = !['page', 'offset'].includes(resource.pagination?.type ?? 'none');
  const hasNext = next !== null || (isTold && turn.next !== null);
  const size = hasNext ? ignoredSize(count, resource) : null;
  const how = 'set "pagination" of the resource, or the rest is never read';
  return [
    next === null ? '' : `the answer for ${name} has more pages (${next}), and its config reads only the first: ${how}`,
    next !== null || total === null
      ? ''
      : `the answer for ${name} counts more records (${total}) than the ${count} that came: ${how}`,
    size === null ? '' : `${size} was ignored for ${name}: a page has ${count} records, and there are more pages`,
  ].filter(Boolean);
}

const nextNames: ReadonlySet<string> = new Set([
  ...[
    'next',
    'nextpage',
    'nextcursor',
    'nexturl',
    'nextlink',
    'nexttoken',
    'nextpagetoken',
    'nexthref',
    'continuation',
  ],
  ...['hasmore', 'hasnext', 'hasnextpage', 'odatanextlink'],
]);

const countNames: ReadonlySet<string> = new Set([
  ...['total', 'count', 'totalcount', 'totalresults', 'totalrecords', 'totalitems', 'totalelements', 'odatacount'],
]);

/** Where a body or a Link header names a next page. */
function nextIn({ document, headers }: Answered): string | null {
  if (/;\s*rel\s*=\s*"?[^",;]*\bnext\b/i.test(headers.link ?? '')) return '`Link: rel="next"`';
  const found = membersOf(document).find(({ name, value }) => nextNames.has(plain(name)) && isNext(value));
  return found ? `\`${found.path}\`` : null;
}

function isNext(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return 'href' in value && isNext(value.href);
  return value === true || typeof value === 'number' || (typeof value === 'string' && value !== '');
}

/** Where a body or a header counts more records than came. */
function largerCountIn({ document, headers }: Answered, count: number): string | null {
  const header = Number(headers['x-total-count'] ?? headers['x-total'] ?? 0);
  if (header > count) return `\`X-Total-Count: ${header}\``;
  const isLarger = (value: unknown) => typeof value === 'number' && Number.isInteger(value) && value > count;
  const found = membersOf(document).find(({ name, value }) => countNames.has(plain(name)) && isLarger(value));
  return found ? `\`${found.path}\` is ${found.value}` : null;
}

/** The members of a body, and of the objects in it, such as `meta`. */
function membersOf(document: unknown) {
  if (!isObject(document)) return [];
  return Object.entries(document).flatMap(([name, value]) => {
    const inner = isObject(value) ? Object.entries(value) : [];
    return [
      { name, path: name, value },
      ...inner.map(([own, member]) => ({ name: own, path: `${name}.${own}`, value: member })),
    ];
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const sizeNames: ReadonlySet<string> = new Set(['perpage', 'limit', 'pagesize', 'size', 'first', 'maxresults', 'top']);

/** The parameter by which a larger page was asked for. */
function ignoredSize(count: number, { query = {} }: RestResource): string | null {
  const found = Object.entries(query).find(([name, size]) => sizeNames.has(plain(name)) && Number(size) > count);
  return found ? `\`${found[0]}=${found[1]}\`` : null;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z]/g, '');
}

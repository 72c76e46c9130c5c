import { type Scalar, scalarsIn } from '../json-places.ts';
import { squeezed } from '../names.ts';
import { type PageFacts, parameterLike } from './answer.ts';
import type { WayFound } from './cursors.ts';

const pageNames = new Set(['page', 'currentpage', 'pagenumber', 'pageno', 'pagenum', 'pageindex', 'number']);
const sizeNames = new Set([
  'perpage',
  'pagesize',
  'limit',
  'size',
  'itemsperpage',
  'pagelimit',
  'recordsperpage',
  'maxresults',
  'count',
]);
const pageParameters = ['page', 'p', 'pagenumber', 'pageno', 'pageindex', 'pagenum'];
const sizeParameters = ['perpage', 'pagesize', 'limit', 'size', 'count', 'itemsperpage', 'maxresults', 'top', 'rows'];

/** Numbered pages: the answer repeats the number of its page, or the URL has it. */
export function numberedPages({ answer }: PageFacts): WayFound | null {
  const { url, document } = answer;
  const asked = parameterLike(url, pageParameters);
  const counts = countsIn(document);
  const size = sizeOf(url, counts);
  const echoed = counts.find(
    ({ name }) => pageNames.has(squeezed(name)) && (squeezed(name) !== 'number' || size !== undefined),
  );
  const start = Number(asked?.value ?? echoed?.value);
  if (!Number.isSafeInteger(start) || start < 0 || (asked === undefined && size === undefined)) return null;
  const param = asked?.name ?? parameterNamed(echoed?.name ?? 'page');
  return {
    pagination: {
      type: 'page',
      param,
      ...(Math.min(start, 1) !== 1 && { start: 0 }),
      ...(size?.param !== undefined && { sizeParam: size.param }),
      ...(size !== undefined && { size: size.value }),
    },
    ownParameters: [param, ...(size?.param === undefined ? [] : [size.param])],
    ...(asked === undefined && {
      guess: `the answer repeats its page as ${echoed?.path}: the parameter "${param}" is a guess`,
    }),
  };
}

/** `current_page` is asked for as `page`, and `pageNumber` as itself. */
function parameterNamed(name: string): string {
  return squeezed(name) === 'currentpage' || squeezed(name) === 'number' ? 'page' : name;
}

interface Size {
  readonly value: number;
  readonly param: string | undefined;
}

function sizeOf(url: URL, counts: readonly Scalar[]): Size | undefined {
  const asked = parameterLike(url, sizeParameters);
  if (asked && /^[1-9]\d{0,8}$/.test(asked.value)) return { value: Number(asked.value), param: asked.name };
  const echoed = counts.find(
    ({ name, value }) => sizeNames.has(squeezed(name)) && squeezed(name) !== 'count' && Number(value) > 0,
  );
  if (echoed === undefined) return undefined;
  const isParameter = ['perpage', 'pagesize', 'limit', 'itemsperpage'].includes(squeezed(echoed.name));
  return { value: Number(echoed.value), param: isParameter ? echoed.name : undefined };
}

const offsetNames = new Set(['offset', 'skip', 'start', 'startindex', 'startat', 'from', 'first']);
const offsetParameters = ['offset', 'skip', 'start', 'startindex', 'startat', 'from'];

/** Offsets: the answer repeats how many records it has skipped, or the URL says it. */
export function offsets({ answer, records }: PageFacts): WayFound | null {
  const { url, document } = answer;
  const counts = countsIn(document);
  const asked = parameterLike(url, offsetParameters);
  const echoed = counts.find(({ name, value }) => offsetNames.has(squeezed(name)) && value === 0);
  const size = sizeOf(url, counts);
  const limit = size?.value ?? records.length;
  if ((asked ?? echoed) === undefined || size?.param === undefined || limit < 2) return null;
  // CouchDB repeats `offset`, and is asked for `skip`.
  const usual = counts.some(({ name }) => name === 'total_rows') && echoed?.name === 'offset' ? 'skip' : echoed?.name;
  const param = asked?.name ?? usual ?? 'offset';
  return {
    pagination: {
      type: 'offset',
      limit,
      ...(param !== 'offset' && { param }),
      ...(size.param !== 'limit' && { limitParam: size.param }),
    },
    ownParameters: [param, size.param],
    ...(asked === undefined && {
      guess: `the answer repeats its offset as ${echoed?.path}: the parameter "${param}" is a guess`,
    }),
  };
}

function countsIn(document: unknown): readonly Scalar[] {
  return scalarsIn(document).filter(
    ({ value }) => typeof value === 'number' || (typeof value === 'string' && /^\d{1,9}$/.test(value)),
  );
}

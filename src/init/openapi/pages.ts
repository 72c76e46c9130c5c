import { cursorParameters, moreNames, nextUrlNames } from '../answer/link-names.ts';
import { sureTotals, totalHeaders } from '../answer/total.ts';
import type { PaginationDraft, Place, Query } from '../draft.ts';
import { memberPath } from '../json-places.ts';
import { squeezed } from '../names.ts';
import type { Api, Parameter } from './api.ts';
import type { ListOperation } from './lists.ts';
import { type Shape, shapeOf } from './schema.ts';
import { pageParameters } from './searches.ts';

export interface PagesPlanned {
  readonly pagination: PaginationDraft | null;
  readonly query: Query;
  readonly total: Place | null;
  /** The parameters that the pagination sends. */
  readonly own: readonly string[];
}

interface Member {
  readonly path: string;
  readonly parent: string;
  readonly name: string;
  readonly shape: Shape;
}

/** How the pages of a list are linked, by the parameters of its operation and by what its answer has. */
export function pagesPlanned(api: Api, list: ListOperation, keyPath: string): PagesPlanned {
  const members = membersOf(api, list.envelope, '', 0);
  const query = pageParameters(list);
  const like = (names: readonly string[]) => query.find(({ name }) => names.includes(squeezed(name)));
  const size = like([
    'perpage',
    'pagesize',
    'limit',
    'pagelimit',
    'size',
    'count',
    'maxresults',
    'top',
    'itemsperpage',
    'first',
    'maxitems',
  ]);
  const sized: Query = size ? { [size.name]: sizeOf(size) } : {};
  const total = totalIn(list, members);
  const planned = (pagination: PaginationDraft, sent: Query, own: readonly (Parameter | undefined)[] = []) => {
    return { pagination, query: sent, total, own: own.flatMap((parameter) => parameter?.name ?? []) };
  };

  const page = like(['page', 'pagenumber', 'pageno', 'pageindex', 'pagenum', 'p']);
  if (list.headers.includes('link')) return planned({ type: 'link' }, sized, [size, page]);
  const next = members.find(isNextUrl);
  if (next) return planned({ type: 'next-url', next: next.path }, sized, [size]);
  const cursor = like([
    'cursor',
    'pagetoken',
    'nexttoken',
    'after',
    'startingafter',
    'afterid',
    'continuationtoken',
    'marker',
    'token',
    'pagecursor',
    'nextcursor',
    'continuation',
    'continue',
    'aftercursor',
    'bookmark',
    'endcursor',
  ]);
  const given = members.find(
    ({ name, shape }) =>
      cursorParameters.has(squeezed(name)) && isPlain(shape) && !/^(page|limit|offset)$/.test(squeezed(name)),
  );
  const more = members.find(({ name, shape }) => moreNames.has(squeezed(name)) && shape.types.has('boolean'));
  if (cursor && given) {
    const beside = more?.parent === given.parent ? `${more.path} && ${given.path}` : given.path;
    return planned({ type: 'cursor', next: beside, param: cursor.name }, sized, [size, cursor]);
  }
  if (cursor && more && /^(starting_?after|after|after_?id)$/i.test(cursor.name) && list.list !== null) {
    const last = `${more.path} && ${list.list}[-1].${keyPath}`;
    return planned({ type: 'cursor', next: last, param: cursor.name, stable: true }, sized, [size, cursor]);
  }
  const offset = like(['offset', 'skip', 'start', 'startindex', 'startat', 'from', 'startposition']);
  if (offset && size) {
    const limit = sizeOf(size, leastOfOffset);
    return planned({ type: 'offset', param: offset.name, limitParam: size.name, limit }, {}, [size, offset]);
  }
  if (page) {
    const start = page.schema.default === 0 || page.schema.minimum === 0 ? 0 : 1;
    return planned(
      {
        type: 'page',
        param: page.name,
        ...(start === 0 && { start }),
        ...(size && { sizeParam: size.name, size: sizeOf(size) }),
      },
      {},
      [size, page],
    );
  }
  return { pagination: null, query: sized, total, own: size ? [size.name] : [] };
}

function membersOf(api: Api, shape: Shape, parent: string, depth: number): readonly Member[] {
  return [...shape.properties].flatMap(([name, schema]) => {
    const inner = shapeOf(api, schema);
    const path = memberPath(parent, name);
    const deeper = depth < 3 && inner.types.has('object') ? membersOf(api, inner, path, depth + 1) : [];
    return [{ path, parent, name, shape: inner }, ...deeper];
  });
}

function isNextUrl({ name, parent, shape }: Member): boolean {
  const word = squeezed(name);
  if (!shape.types.has('string')) return false;
  if (word === 'href' || word === 'url') return /(^|\.)"?next"?$/.test(parent);
  return nextUrlNames.has(word) && (word !== 'next' && word !== 'nextpage' ? true : /^ur[il]/.test(shape.format ?? ''));
}

function isPlain({ types }: Shape): boolean {
  return types.has('string') || types.has('integer') || types.has('number');
}

function totalIn({ headers }: ListOperation, members: readonly Member[]): Place | null {
  const header = totalHeaders.find((name) => headers.includes(name));
  if (header !== undefined) return { header };
  const isCount = ({ name, shape }: Member) =>
    sureTotals.has(squeezed(name)) && (shape.types.has('integer') || shape.types.has('number'));
  return (
    members.find(isCount)?.path ??
    members.find(
      ({ name, shape }) =>
        name === 'count' && shape.types.has('integer') && members.some((other) => other.name === 'next'),
    )?.path ??
    null
  );
}

const largestPage = 1000;

/** The pages of an offset overlap by one record. */
const leastOfOffset = 2;

/** The largest page that the document allows, or the usual one. */
function sizeOf({ schema, description }: Parameter, least = 1): number {
  const about = `${description} ${String(schema.description ?? '')}`;
  const text = /\bmax(?:imum)?\b[^\d.]{0,25}(\d{1,3}(?:[,_ ]\d{3})+(?!\d)|\d+)/i.exec(about)?.[1];
  const stated = text === undefined ? undefined : Number(text.replace(/[,_ ]/g, ''));
  const found = [schema.maximum, stated, schema.default].find((size) => typeof size === 'number' && size >= least);
  return typeof found === 'number' ? Math.min(Math.trunc(found), largestPage) : 100;
}

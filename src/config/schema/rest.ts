import * as v from 'valibot';
import { bookmark, tombstones } from './changes.ts';
import { mapping } from './mapping.ts';
import { closed, named } from './objects.ts';
import { pagination, path, place, query } from './pagination.ts';
import { duration, fieldName, oneOf, text } from './scalars.ts';

const total = v.pipe(
  place('the number of all records'),
  v.description("The API's own count of all records. A pass that brought fewer records deletes nothing."),
);

const parts = v.pipe(
  v.union(
    [
      v.literal('merge'),
      closed({ until: text('JMESPath into the body. Any value but null, false and 0 says that the parts are whole.') }),
    ],
    '"merge" or {"until": "…"}',
  ),
  v.description(
    'Records come in parts over several pages. Parts with the same key are merged before they are compared: until the answer says that they are whole, or with "merge" until the pass ends.',
  ),
);

/** How the adapter `rest` reads one resource. */
export const restResource = v.pipe(
  closed({
    of: v.exactOptional(
      text(
        'The resource whose records have a list of these each. The fields of its key stand in `path` and `query`: "/customers/{id}/orders". A list is a hit. A record has the key of its parent under the name `_parent`.',
      ),
    ),
    path,
    query: v.exactOptional(query('Query parameters that are sent with every page.')),
    method: v.exactOptional(
      oneOf(['GET', 'POST'], 'The HTTP method. With POST, the parameters of a page go into the body. Default: "GET".'),
    ),
    body: v.exactOptional(
      v.pipe(
        named(fieldName, v.unknown()),
        v.description('The JSON object that is sent with every page. It needs the method POST.'),
      ),
    ),
    headers: v.exactOptional(
      v.pipe(named(fieldName, v.string()), v.description('Headers that are sent with every page.')),
    ),
    records: v.exactOptional(text('JMESPath to the list of records. Default: the body is the list.')),
    total: v.exactOptional(total),
    pagination: v.exactOptional(pagination),
    parts: v.exactOptional(parts),
    mode: v.exactOptional(
      oneOf(['snapshot', 'changes'], 'Whether each pass reads everything, or only what changed. Default: "snapshot".'),
    ),
    bookmark: v.exactOptional(bookmark),
    tombstones: v.exactOptional(tombstones),
    fullEvery: v.exactOptional(duration('How often a pass reads everything in mode "changes". Default: "24h".')),
    ...mapping,
  }),
  v.check(
    ({ mode, bookmark }) => (mode === 'changes') === (bookmark !== undefined),
    '"bookmark" with "mode": "changes", and only with it',
  ),
  v.check(({ method, body }) => method === 'POST' || body === undefined, '"body" only with "method": "POST"'),
  v.check(
    ({ mode, fullEvery }) => mode === 'changes' || fullEvery === undefined,
    '"fullEvery" only with "mode": "changes"',
  ),
  v.check(
    ({ of, mode, parts }) => of === undefined || (mode !== 'changes' && parts === undefined),
    '"of" only with "mode": "snapshot" and without "parts"',
  ),
  v.check(({ mode, parts }) => mode !== 'changes' || parts === undefined, '"parts" only with "mode": "snapshot"'),
  v.check(
    ({ pagination, parts }) => parts === undefined || !['none', 'offset'].includes(pagination?.type ?? 'none'),
    '"parts" only with a pagination of type "cursor", "link", "next-url" or "page"',
  ),
  v.transform(({ fullEvery, ...resource }) => ({
    ...resource,
    ...(fullEvery !== undefined && { fullEveryMs: fullEvery }),
  })),
);

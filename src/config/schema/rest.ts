import * as v from 'valibot';
import { bookmark, tombstones } from './changes.ts';
import { closed, named } from './objects.ts';
import { pagination, path, place, query } from './pagination.ts';
import { duration, fieldName, oneOf, text } from './scalars.ts';

const total = v.pipe(
  place('the number of all records'),
  v.description("The API's own count: a pass that brought fewer records deletes nothing."),
);

/** How the adapter `rest` reads one resource. */
export const restResource = v.pipe(
  closed({
    path,
    query: v.exactOptional(query('Sent with every page.')),
    method: v.exactOptional(
      oneOf(['GET', 'POST'], 'POST for a search API: the parameters of a page go into the body.'),
    ),
    body: v.exactOptional(
      v.pipe(named(fieldName, v.unknown()), v.description('With POST: the JSON that is sent with every page.')),
    ),
    headers: v.exactOptional(v.pipe(named(fieldName, v.string()), v.description('Sent with every page.'))),
    records: v.exactOptional(text('JMESPath to the list of records. Default: the body is the list.')),
    total: v.exactOptional(total),
    pagination: v.exactOptional(pagination),
    mode: v.exactOptional(
      oneOf(['snapshot', 'changes'], 'Whether each pass reads everything, or only what changed. Default: everything.'),
    ),
    bookmark: v.exactOptional(bookmark),
    tombstones: v.exactOptional(tombstones),
    fullEvery: v.exactOptional(duration('In mode "changes": a pass reads everything this often. Default: 24h.')),
    map: v.exactOptional(fieldMap()),
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
  v.transform(({ fullEvery, ...resource }) => ({
    ...resource,
    ...(fullEvery !== undefined && { fullEveryMs: fullEvery }),
  })),
);

/** What becomes of a third party's record: the system's fields, each with where it is found. */
export function fieldMap() {
  return v.pipe(
    named(fieldName, text('JMESPath into the record.')),
    v.description('Which field of the resource comes from where in the record. Default: the record as it is.'),
  );
}

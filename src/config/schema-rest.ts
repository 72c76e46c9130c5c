import * as v from 'valibot';
import { bookmark, tombstones } from './schema-changes.ts';
import { closed, named } from './schema-objects.ts';
import { duration, fieldName, flag, integer, oneOf, text } from './schema-values.ts';

const stable = v.exactOptional(
  flag('The order never moves a record across pages: one pass is enough to prove a record gone.'),
);
const next = place('what the next page is asked with; null, empty or absent on the last page');

export const pagination = v.pipe(
  v.variant('type', [
    closed({ type: v.literal('none') }),
    closed({
      type: v.literal('page'),
      param: v.exactOptional(text('The query parameter with the number of the page.'), 'page'),
      start: v.exactOptional(integer('The number of the first page.', 0), 1),
      sizeParam: v.exactOptional(text('The query parameter with the size of a page.')),
      size: v.exactOptional(integer('Records per page: a shorter page is the last one.')),
    }),
    closed({
      type: v.literal('offset'),
      param: v.exactOptional(text('The query parameter with the number of records to pass over.'), 'offset'),
      limitParam: v.exactOptional(text('The query parameter with the size of a page.'), 'limit'),
      limit: integer('Records per page, at least two: pages overlap by one.', 2),
    }),
    closed({ type: v.literal('cursor'), next, param: text('The query parameter that takes the cursor.'), stable }),
    closed({
      type: v.literal('link'),
      rel: v.exactOptional(text('The relation of the link to the next page (RFC 8288).'), 'next'),
      stable,
    }),
    closed({ type: v.literal('next-url'), next, stable }),
  ]),
  v.description('How one page leads to the next. Default: everything is on one page.'),
);

const total = v.pipe(
  place('the number of all records'),
  v.description("The API's own count: a pass that brought fewer records deletes nothing."),
);

/** Where an answer says something. */
function place(what: string) {
  return v.pipe(
    v.union(
      [text(`JMESPath to ${what}.`), closed({ header: text(`The header with ${what}.`) })],
      'a JMESPath or {"header": "…"}',
    ),
    v.description(`Where the answer has ${what}: JMESPath into its body, or a header.`),
  );
}

/** How the adapter `rest` reads one resource. */
export const restResource = v.pipe(
  closed({
    path: v.pipe(v.string(), v.description('The path, appended to `baseUrl`.')),
    query: v.exactOptional(
      v.pipe(
        named(fieldName, v.union([v.string(), v.number(), v.boolean()], 'a text, a number, true or false')),
        v.description('Sent with every page.'),
      ),
    ),
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

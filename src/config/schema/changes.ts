import * as v from 'valibot';
import { closed, named } from './objects.ts';
import { pagination, path, query } from './pagination.ts';
import { fieldName, flag, integer, oneOf, pause, text } from './scalars.ts';

const formats = ['iso', 'seconds', 'milliseconds', 'number', 'token'] as const;
const times: ReadonlySet<string> = new Set(['iso', 'seconds', 'milliseconds']);

/** Where a changes pass starts, and how that is requested. */
export const bookmark = v.pipe(
  closed({
    field: v.exactOptional(
      text('JMESPath into a record: when it changed. The largest value of the first page counts.'),
    ),
    header: v.exactOptional(text('The header of the first page, such as "Date".')),
    path: v.exactOptional(text("JMESPath into the first page: the API's own token.")),
    param: v.exactOptional(text('The query parameter for the bookmark.'), 'since'),
    log: v.exactOptional(
      flag('The pages are a log of changes, each after the one before: the last one says where the next pass starts.'),
    ),
    format: v.exactOptional(
      oneOf(formats, 'How it is written. Default: iso for a field and for the header Date, else token.'),
    ),
    overlap: v.exactOptional(pause('For a time: how much before the bookmark the next pass asks from. Default: 5m.')),
    query: v.exactOptional(query('Sent only when changes are requested.')),
    expired: v.exactOptional(
      v.pipe(
        closed({
          status: v.exactOptional(v.pipe(v.array(integer('A status.', 400)), v.description('Statuses, beside 410.'))),
          when: v.exactOptional(text('JMESPath into the body: true where it says so.')),
        }),
        v.description('How the API says that a bookmark is too old.'),
      ),
    ),
  }),
  v.check(
    ({ field, header, path }) => [field, header, path].filter((from) => from !== undefined).length === 1,
    'one of "field", "header" and "path"',
  ),
  v.check(({ field, log }) => field === undefined || log !== true, '"log" only with "path" or "header"'),
  v.check(({ field, format }) => field === undefined || format !== 'token', 'a format that has an order'),
  v.check(
    (written) => written.overlap === undefined || times.has(formatOf(written)),
    '"overlap" only where the format is a time',
  ),
  v.description('Where a changes pass starts: taken from the first page of the pass before.'),
  v.transform(({ overlap, ...rest }) => ({ ...rest, ...(overlap !== undefined && { overlapMs: overlap }) })),
);

/** Separate pages that list what was deleted. */
const graveyard = v.pipe(
  closed({
    path,
    query: v.exactOptional(query('Sent with every such page.')),
    records: v.exactOptional(
      text('JMESPath to the list of ids, or of objects with one. Default: the body is the list.'),
    ),
    pagination: v.exactOptional(pagination),
    param: v.exactOptional(text('The query parameter of the bookmark there. Default: the same.')),
  }),
  v.description(
    'Another path, which lists what was deleted since the bookmark. It is read after the last page of changes, a hit for each page.',
  ),
);

/** How an API says that a record is gone. */
export const tombstones = v.pipe(
  closed({
    field: v.exactOptional(text('JMESPath into a record: anything but null, false, 0 and empty says that it is gone.')),
    when: v.exactOptional(text('JMESPath into a record: true says that it is gone.')),
    path: v.exactOptional(text('JMESPath into the body: the list of ids, or of objects with one, that are gone.')),
    from: v.exactOptional(graveyard),
    map: v.exactOptional(
      v.pipe(
        named(fieldName, text('JMESPath into the tombstone.')),
        v.description(
          "Where the fields of the key are in a tombstone; `@` is the tombstone itself. Default: the resource's map, or a bare id.",
        ),
      ),
    ),
  }),
  v.check(
    ({ field, when, path, from }) => [field, when, path, from].filter((how) => how !== undefined).length === 1,
    'one of "field", "when", "path" and "from"',
  ),
  v.description('How the API says that a record is gone.'),
);

function formatOf({ format, field, header }: { format?: string; field?: string; header?: string }): string {
  return format ?? (field !== undefined || header?.toLowerCase() === 'date' ? 'iso' : 'token');
}

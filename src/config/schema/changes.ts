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
      text('JMESPath to the time or the number of the last change of a record. The largest value counts.'),
    ),
    header: v.exactOptional(text('The header of the first page that has the bookmark, such as "Date".')),
    path: v.exactOptional(text("JMESPath to the API's own token in the first page.")),
    param: v.exactOptional(text('The query parameter that takes the bookmark.'), 'since'),
    log: v.exactOptional(
      flag(
        'Whether the pages are a log of changes. The next pass then starts from the bookmark of the last page. Default: false.',
      ),
    ),
    format: v.exactOptional(
      oneOf(
        formats,
        'How the bookmark is written. Default: "iso" for a field and for the header Date, otherwise "token".',
      ),
    ),
    overlap: v.exactOptional(
      pause('How far before the bookmark the next pass asks, where the bookmark is a time. Default: "5m".'),
    ),
    query: v.exactOptional(query('Query parameters that are sent only when changes are asked for.')),
    expired: v.exactOptional(
      v.pipe(
        closed({
          status: v.exactOptional(
            v.pipe(v.array(integer('A status.', 400)), v.description('Statuses that say so, beside 410.')),
          ),
          when: v.exactOptional(text('JMESPath into the body that is true if it says so.')),
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
  v.description('Where a pass of changes starts. The pass before it leaves the bookmark.'),
  v.transform(({ overlap, ...rest }) => ({ ...rest, ...(overlap !== undefined && { overlapMs: overlap }) })),
);

/** Separate pages that list what was deleted. */
const graveyard = v.pipe(
  closed({
    path,
    query: v.exactOptional(query('Query parameters that are sent with every such page.')),
    records: v.exactOptional(
      text('JMESPath to the list of ids, or of objects with one. Default: the body is the list.'),
    ),
    pagination: v.exactOptional(pagination),
    param: v.exactOptional(text('The query parameter that takes the bookmark. Default: the one of `bookmark`.')),
  }),
  v.description(
    'Another path, which lists what is gone since the bookmark. It is read after the last page of changes, with a hit for each page.',
  ),
);

/** How an API says that a record is gone. */
export const tombstones = v.pipe(
  closed({
    field: v.exactOptional(
      text('JMESPath into a record. Any value but null, false, 0 and empty says that the record is gone.'),
    ),
    when: v.exactOptional(text('JMESPath into a record. True says that the record is gone.')),
    path: v.exactOptional(text('JMESPath to the list of ids that are gone, or of objects with one.')),
    from: v.exactOptional(graveyard),
    map: v.exactOptional(
      v.pipe(
        named(fieldName, text('JMESPath into the tombstone.')),
        v.description(
          "The JMESPath expression of each field of the key in a tombstone. `@` is the tombstone itself. Default: the resource's map, or a bare id.",
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

import * as v from 'valibot';
import { closed, named } from './objects.ts';
import { fieldName, flag, integer, text } from './scalars.ts';

export const path = v.pipe(v.string(), v.description('The path, appended to `baseUrl`.'));

/** Parameters that are sent as they are. */
export function query(when: string) {
  const value = v.union([v.string(), v.number(), v.boolean()], 'a text, a number, true or false');
  return v.pipe(named(fieldName, value), v.description(when));
}

/** Where something is in an answer. */
export function place(what: string) {
  return v.pipe(
    v.union(
      [text(`JMESPath to ${what}.`), closed({ header: text(`The header with ${what}.`) })],
      'a JMESPath or {"header": "…"}',
    ),
    v.description(`Where the answer has ${what}: JMESPath into its body, or a header.`),
  );
}

const stable = v.exactOptional(
  flag(
    'Whether records never move from one page to another while a pass walks. Then one pass proves that a record is gone. Default: false.',
  ),
);
const next = place('the next cursor or URL, which is null, empty or absent on the last page');

/** An answer about our rate or our credentials proves nothing about pages. */
const never: ReadonlySet<number> = new Set([401, 403, 407, 408, 425, 429]);
const statusMessage = 'a status from 400 to 499 that is not about credentials, time or rate, such as 404';
const pastEnd = v.exactOptional(
  v.pipe(
    v.array(
      v.pipe(
        v.number(statusMessage),
        v.integer(statusMessage),
        v.minValue(400, statusMessage),
        v.maxValue(499, statusMessage),
        v.check((status) => !never.has(status), statusMessage),
      ),
    ),
    v.nonEmpty('a list that is not empty'),
    v.description(
      'Statuses with which the API answers a page after the last one. Such an answer ends the pass, except on its first page.',
    ),
  ),
);

export const pagination = v.pipe(
  v.variant('type', [
    closed({ type: v.literal('none') }),
    closed({
      type: v.literal('page'),
      param: v.exactOptional(text('The query parameter with the number of the page.'), 'page'),
      start: v.exactOptional(integer('The number of the first page.', 0), 1),
      sizeParam: v.exactOptional(text('The query parameter with the size of a page.')),
      size: v.exactOptional(integer('The number of records of a full page. A shorter page is the last one.')),
      pastEnd,
    }),
    closed({
      type: v.literal('offset'),
      param: v.exactOptional(text('The query parameter with the number of records to skip.'), 'offset'),
      limitParam: v.exactOptional(text('The query parameter with the size of a page.'), 'limit'),
      limit: integer('The number of records of a page, at least two because pages overlap by one.', 2),
    }),
    closed({
      type: v.literal('cursor'),
      next,
      param: v.exactOptional(
        text(
          'The query parameter that takes the cursor. Default: none, and the cursor is an object whose members are query parameters.',
        ),
      ),
      stable,
    }),
    closed({
      type: v.literal('link'),
      rel: v.exactOptional(text('The relation of the link to the next page (RFC 8288).'), 'next'),
      stable,
    }),
    closed({ type: v.literal('next-url'), next, stable }),
  ]),
  v.description('How one page leads to the next. Default: everything is on one page.'),
);

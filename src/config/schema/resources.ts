import * as v from 'valibot';
import { closed, named } from './objects.ts';
import { duration, fieldName, flag, integer, percent, text, texts } from './scalars.ts';

const types = ['string', 'integer', 'number', 'boolean', 'array', 'object'] as const;
const typeMessage =
  'one of "string", "integer", "number", "boolean", "array" or "object", or a list of one of them and "null"';

const property = v.looseObject({
  type: v.pipe(
    v.union(
      [
        v.picklist(types),
        v.pipe(
          v.array(v.picklist([...types, 'null'])),
          v.check((listed) => new Set(listed.filter((type) => type !== 'null')).size === 1, typeMessage),
        ),
      ],
      typeMessage,
    ),
    v.description('The type of the column.'),
  ),
});

const recordSchema = v.pipe(
  v.looseObject({
    type: v.exactOptional(v.pipe(v.literal('object'), v.description('A record is an object.')), 'object'),
    properties: v.pipe(named(fieldName, property), v.description('The fields of a record, each a column.')),
    required: v.exactOptional(v.pipe(v.array(fieldName), v.description('Fields without which a record is rejected.'))),
    additionalProperties: v.exactOptional(flag('Whether a record may have other fields, which are not stored.')),
  }),
  v.description('JSON Schema of one record; also gives the column types.'),
);

const value = v.union([v.string(), v.number(), v.boolean(), v.null()], 'a text, a number, true, false or null');

const onDelete = v.pipe(
  v.union(
    [
      v.picklist(['soft', 'hard', 'keep']),
      closed({
        set: v.pipe(named(fieldName, value), v.description('The values that the row of a deleted record is set to.')),
      }),
    ],
    '"soft", "hard", "keep" or {"set": {…}}',
  ),
  v.description('What happens to the row of a record that is gone; soft sets deleted_at.'),
);

const maxDeletes = v.pipe(
  v.union(
    [
      v.pipe(
        percent('Of the rows that were live.'),
        v.transform((ratio): DeleteLimit => ({ ratio })),
      ),
      v.pipe(
        integer('Rows.', 0),
        v.transform((count): DeleteLimit => ({ count })),
      ),
    ],
    'a share such as "20%", or a whole number',
  ),
  v.description('How many rows may be deleted in one window: a share of the live rows, or a count.'),
);

/** How many rows may be deleted in one window: a share of the live rows, or a count. */
export type DeleteLimit = { readonly ratio: number } | { readonly count: number };

const guardOptions = {
  maxDeletes,
  from: integer('The guard applies from this many live rows on.', 0),
  window: duration('Deletions are counted over this time.'),
  confirm: v.pipe(
    v.union([v.literal('auto'), integer('Passes.')], '"auto" or a whole number of at least 1'),
    v.description('In how many consecutive complete passes a record must be missing before it is deleted.'),
  ),
};

/** What protects against a mass delete, for all resources. */
export const guardSchema = v.pipe(
  closed({
    maxDeletes: v.exactOptional(guardOptions.maxDeletes, '20%'),
    from: v.exactOptional(guardOptions.from, 10),
    window: v.exactOptional(guardOptions.window, '24h'),
    confirm: v.exactOptional(guardOptions.confirm, 'auto'),
  }),
  v.description('What protects against a mass delete.'),
  v.transform(({ window, ...rest }) => ({ ...rest, windowMs: window })),
);

export type Guard = v.InferOutput<typeof guardSchema>;

const guardOverride = v.pipe(
  closed({
    maxDeletes: v.exactOptional(guardOptions.maxDeletes),
    from: v.exactOptional(guardOptions.from),
    window: v.exactOptional(guardOptions.window),
    confirm: v.exactOptional(guardOptions.confirm),
  }),
  v.description('The options that differ from the guard of all resources.'),
  v.transform(({ window, ...rest }) => ({ ...rest, ...(window !== undefined && { windowMs: window }) })),
);

/** One kind of record that the system keeps, whoever the third party is. */
export const resourceSchema = v.pipe(
  closed({
    key: v.pipe(
      v.union([fieldName, texts('Fields.')], 'the name of a field, or a list of names'),
      v.description("The field, or fields, that make up a record's identity."),
    ),
    schema: recordSchema,
    match: v.exactOptional(
      v.pipe(
        v.union([fieldName, texts('Fields.')], 'the name of a field, or a list of names'),
        v.description('Fields by which a record is recognised, if third parties have ids of their own.'),
      ),
    ),
    table: v.exactOptional(text("The system's table. Default: the name of the resource.")),
    onDelete: v.exactOptional(onDelete, 'soft'),
    every: v.exactOptional(duration('Due when its last pass completed this long ago. Default: every run.')),
    rejects: v.exactOptional(
      percent('A pass with a larger share of rejected records deletes nothing, and the run ends with exit code 65.'),
      '5%',
    ),
    guard: v.exactOptional(guardOverride),
  }),
  v.transform(({ key, match, every, rejects, ...rest }) => ({
    ...rest,
    key: typeof key === 'string' ? [key] : key,
    ...(match !== undefined && { match: typeof match === 'string' ? [match] : match }),
    rejectsRatio: rejects,
    ...(every !== undefined && { everyMs: every }),
  })),
);

import * as v from 'valibot';
import type { Expectations } from '../../expectations.ts';
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
    v.description('The type of the field and of its column. `["string", "null"]` allows null as well.'),
  ),
});

const recordSchema = v.pipe(
  v.looseObject({
    type: v.exactOptional(v.pipe(v.literal('object'), v.description('A record is an object.')), 'object'),
    properties: v.pipe(named(fieldName, property), v.description('The fields of a record. Each is a column.')),
    required: v.exactOptional(
      v.pipe(
        v.array(fieldName),
        v.description(
          'The fields that every record must have. A record without one is rejected. A `map` must name each field that may not be null.',
        ),
      ),
    ),
    additionalProperties: v.exactOptional(
      flag('Whether a record may have other fields. They are never kept. Default: true.'),
    ),
  }),
  v.description('The JSON Schema of one record. It also gives the types of the columns.'),
);

const value = v.union([v.string(), v.number(), v.boolean(), v.null()], 'a text, a number, true, false or null');

const onDelete = v.pipe(
  v.union(
    [
      v.picklist(['soft', 'hard', 'keep']),
      closed({
        set: v.pipe(named(fieldName, value), v.description('The values that the row of a deleted record gets.')),
      }),
    ],
    '"soft", "hard", "keep" or {"set": {…}}',
  ),
  v.description(
    'What happens to the row of a deleted record. `soft` sets `deleted_at`, `hard` deletes the row, `keep` changes nothing, `set` writes values.',
  ),
);

/** How much the guard allows: a share, or a count. */
export type DeleteLimit = { readonly ratio: number } | { readonly count: number };

function limit(share: string, count: string, description: string) {
  const ratio = v.pipe(
    percent(share),
    v.transform((read): DeleteLimit => ({ ratio: read })),
  );
  const most = v.pipe(
    integer(count, 0),
    v.transform((read): DeleteLimit => ({ count: read })),
  );
  return v.pipe(v.union([ratio, most], 'a share such as "20%", or a whole number'), v.description(description));
}

const maxDeletes = limit(
  'Of the rows that were live.',
  'Rows.',
  'The most rows that may be deleted in one window: a share of the rows that were live before, or 3 rows where that is more; or a count. Never all rows.',
);

const maxEmptied = limit(
  'Of the values that were filled.',
  'Values.',
  'The most values of a column that may become empty in one pass, and in one window: a share of those that were filled, or 3 values where that is more; or a count.',
);

const maxUpdates = limit(
  'Of the rows that were live.',
  'Rows.',
  'The most rows that one pass may update: a share of the rows that were live before, or 3 rows where that is more; or a count. Without it, updates are not limited.',
);

const guardOptions = {
  maxDeletes,
  maxEmptied,
  maxUpdates,
  window: duration('The time over which deletions and emptied values are counted.'),
  confirm: v.pipe(
    v.union([v.literal('auto'), integer('Passes.')], '"auto" or a whole number of at least 1'),
    v.description('The number of consecutive complete passes that must miss a record before it is deleted.'),
  ),
};

const removed = {
  from: 'no option "from" any more (at most "maxDeletes" of the rows are deleted, or 3 rows where that is more, and never all of them)',
};

/** What protects against wrong data, for all resources. */
export const guardSchema = v.pipe(
  closed(
    {
      maxDeletes: v.exactOptional(guardOptions.maxDeletes, '20%'),
      maxEmptied: v.exactOptional(guardOptions.maxEmptied, '20%'),
      maxUpdates: v.exactOptional(guardOptions.maxUpdates),
      window: v.exactOptional(guardOptions.window, '24h'),
      confirm: v.exactOptional(guardOptions.confirm, 'auto'),
    },
    removed,
  ),
  v.description('The limits that protect against wrong data.'),
  v.transform(({ window, ...rest }) => ({ ...rest, windowMs: window })),
);

export type Guard = v.InferOutput<typeof guardSchema>;

const guardOverride = v.pipe(
  closed(
    {
      maxDeletes: v.exactOptional(guardOptions.maxDeletes),
      maxEmptied: v.exactOptional(guardOptions.maxEmptied),
      maxUpdates: v.exactOptional(guardOptions.maxUpdates),
      window: v.exactOptional(guardOptions.window),
      confirm: v.exactOptional(guardOptions.confirm),
    },
    removed,
  ),
  v.description('The limits of this resource, where they differ from the guard of all resources.'),
  v.transform(({ window, ...rest }) => ({ ...rest, ...(window !== undefined && { windowMs: window }) })),
);

const expectedRecords = v.pipe(
  closed({
    min: v.exactOptional(integer('The fewest records that a complete snapshot brings.')),
    max: v.exactOptional(integer('The most records that a complete snapshot brings.', 0)),
  }),
  v.check(({ min = 0, max = min }) => min <= max, '"min" not above "max"'),
  v.description('How many records a complete snapshot brings.'),
);

const expectations = v.pipe(
  closed({
    changeWithin: v.exactOptional(
      duration('Something changes at least this often, as far as complete passes see. A new mapping is not a change.'),
    ),
    records: v.exactOptional(expectedRecords),
  }),
  v.description(
    'What is normal for this resource. What is not so is a warning and a standing problem, never an error.',
  ),
  v.transform(
    ({ changeWithin, records }): Expectations => ({
      ...(changeWithin !== undefined && { changeWithinMs: changeWithin }),
      ...(records !== undefined && { records }),
    }),
  ),
);

/** One kind of record that the system keeps, whoever the third party is. */
export const resourceSchema = v.pipe(
  closed({
    key: v.pipe(
      v.union([fieldName, texts('Fields.')], 'the name of a field, or a list of names'),
      v.description('The field, or the fields, that identify a record.'),
    ),
    schema: recordSchema,
    match: v.exactOptional(
      v.pipe(
        v.union([fieldName, texts('Fields.')], 'the name of a field, or a list of names'),
        v.description(
          'The field, or the fields, by which a record is recognised when third parties have ids of their own.',
        ),
      ),
    ),
    writeOnce: v.exactOptional(
      v.pipe(
        v.union([fieldName, texts('Fields.')], 'the name of a field, or a list of names'),
        v.description(
          'The field, or the fields, that are written when a row is made and belong to the system from then on.',
        ),
      ),
    ),
    table: v.exactOptional(text("The system's table. Default: the name of the resource.")),
    onDelete: v.exactOptional(onDelete, 'soft'),
    every: v.exactOptional(
      duration('The resource is due when its last pass completed this long ago. Default: every run.'),
    ),
    rejects: v.exactOptional(
      percent(
        'The share of rejected records, or of duplicates, above which a pass deletes nothing and the run exits with 65.',
      ),
      '5%',
    ),
    guard: v.exactOptional(guardOverride),
    expect: v.exactOptional(expectations, {}),
  }),
  v.transform(({ key, match, writeOnce, every, rejects, ...rest }) => ({
    ...rest,
    key: typeof key === 'string' ? [key] : key,
    ...(match !== undefined && { match: typeof match === 'string' ? [match] : match }),
    ...(writeOnce !== undefined && { writeOnce: typeof writeOnce === 'string' ? [writeOnce] : writeOnce }),
    rejectsRatio: rejects,
    ...(every !== undefined && { everyMs: every }),
  })),
);

import {
  byName,
  count,
  type DocumentSchema,
  flag,
  list,
  object,
  oneOf,
  open,
  orNull,
  text,
  time,
  whole,
} from './schema.ts';

/** Parts that several documents have. */

export const adapter = text('The adapter that was read.');

export const exitCode = whole('The exit code of the command.');

export const errors = list(
  object(
    {
      exitCode: whole('The exit code of this error alone.'),
      message: text('What happened, and what is guaranteed.'),
      hint: orNull(text('What to do next.')),
      resource: text('The resource that it is about. Absent where it is about the whole command.'),
    },
    'One error.',
    ['resource'],
  ),
  'The errors, in the order in which they happened.',
);

export const counts = object(
  {
    created: count('Rows that were not there.'),
    updated: count('Rows of which a field differed.'),
    deleted: count('Rows of records that are gone.'),
  },
  'The changes.',
);

export const emptied = orNull(
  object(
    {
      pass: count('The number of the pass that was held.'),
      count: count('The values that are held and may be permitted.'),
      columns: list(
        object(
          {
            column: text('The name of the column.'),
            filled: count('Its values that the pass has compared and that were not empty.'),
            emptied: count('How many of them would become empty.'),
          },
          'One column.',
        ),
        'The columns.',
      ),
      because: text('Why the guard holds them.'),
      at: whole('When the guard held them, in milliseconds since the epoch.'),
    },
    'Values that would become empty, and that the guard holds back. Null if there are none.',
  ),
);

export const updates = orNull(
  object(
    {
      pass: count('The number of the pass that was held.'),
      count: count('The rows that keep their values.'),
      live: count('The rows of which the guard allows a share.'),
      because: text('Why the guard holds them.'),
      at: whole('When the guard held them, in milliseconds since the epoch.'),
    },
    'Updates that the guard holds back (`guard.maxUpdates`). A plan counts and lists them all the same. Null if there are none.',
  ),
);

export const held = object(
  {
    count: count('The deletions that the guard holds.'),
    live: count('The live rows at that time.'),
    because: text('Why the guard holds them.'),
    at: whole('When the guard held them, in milliseconds since the epoch.'),
    pass: whole('The number of the pass that was held.'),
  },
  'What the guard holds back.',
);

export const backOffCause = object(
  {
    exitCode: whole('The exit code of the run that met it.'),
    message: text('What the third party answered.'),
    credentials: text('A digest of the credentials that were refused.'),
  },
  'Why nobody may ask the third party for a while.',
  ['credentials'],
);

export const nextSlotInMs = orNull(
  count('How long until a slot frees, in milliseconds. Null unless the throttle stopped the command.'),
);

export const position = object(
  {
    generation: count('The generation of the sequence numbers.'),
    seq: count('The sequence number; 0 is before the first event.'),
  },
  'A position on the stream.',
);

/** A record's fields: what a schema of the user's says. */
export const fields = (description: string): DocumentSchema => orNull({ type: 'object', description });

export const change = object(
  {
    type: oneOf(['created', 'updated', 'deleted'], 'The kind of the change.'),
    key: text('The key of the record.'),
    before: fields('The fields before the change.'),
    after: fields('The fields after the change.'),
    changed: list(text('A field.'), 'The fields that differ, of an update.'),
  },
  'One change.',
  ['changed'],
);

export const verdict = orNull(
  object(
    {
      delete: oneOf(
        ['all', 'none', 'held'],
        '`all`: the deletions happen. `none`: the pass proves nothing. `held`: the guard holds them back.',
      ),
      because: text('Why, unless the deletions happen.'),
    },
    'The verdict of the guard. Null while the pass is not complete.',
    ['because'],
  ),
);

const table = object(
  {
    exists: flag('Whether the table exists.'),
    missingColumns: list(text('A column.'), 'The columns that the next run adds.'),
    problems: list(text('One sentence.'), 'What stops a run.'),
    warnings: list(text('One sentence.'), 'What makes a run slow.'),
  },
  "The system's table.",
);

const recognised = object(
  {
    alias: count('Records that were known from before under the id of this third party.'),
    match: count('Records that were recognised by the fields of `match`.'),
    key: count('Records that were recognised by their key.'),
    none: count('Records that are new.'),
  },
  'By what the records were recognised, of a resource with `match`.',
);

/** How many rows differ from what is known of them. */
export const driftCounts: Readonly<Record<string, DocumentSchema>> = {
  compared: count('The rows that were compared.'),
  missing: count('Rows that somebody else has deleted.'),
  changed: count('Rows in which somebody else has changed a mapped column.'),
  marked: count('Rows that somebody else has marked as deleted.'),
  unknown: count('Rows that could not be compared: they wait for the next pass.'),
};

export const driftedRow = object(
  {
    key: text('The key of the record.'),
    is: oneOf(['missing', 'changed', 'marked'], 'How the row differs.'),
    fields: orNull(
      list(
        text('A column.'),
        'The columns that were changed. Null if the row is not `changed`, or where release 0.1.0 wrote it.',
      ),
    ),
  },
  'A row that differs.',
);

/** What a plan says of a resource, whatever the command is. */
export const plannedResource: Readonly<Record<string, DocumentSchema>> = {
  resource: text('The name of the resource.'),
  isComplete: flag('Whether every page was read. If not, deletions are unknown.'),
  pages: count('The pages that were read.'),
  records: count('The records that were read.'),
  rejected: count('The records that would be rejected.'),
  rejects: list(
    object(
      {
        key: orNull(text('The key of the record. Null if it cannot be read.')),
        reasons: list(text('One reason.'), 'Why the record would be rejected.'),
      },
      'A rejected record.',
    ),
    'The first rejected records.',
  ),
  hasTooManyRejects: flag('Whether more records would be rejected than the config allows.'),
  drift: orNull(object(driftCounts, 'Rows that somebody else has changed, as far as a sample shows.')),
  duplicates: count('Records that do not count, since another one of the pass has their key.'),
  hasTooManyDuplicates: flag('Whether there are more duplicates than the config allows rejected records.'),
  isIncomplete: flag('Whether fewer records came than the third party says that it has.'),
  emptied,
  updates,
  unconfirmed: count('Records that are missing and would be deleted only if the next passes miss them too.'),
  verdict,
  recognised,
  table,
};

const jsonType = oneOf(['string', 'number', 'boolean', 'object', 'array'], 'A type of JSON.');

export const schema = orNull(
  object(
    {
      fields: count('The field paths that are known, such as `contact.email` and `labels[].name`.'),
      hasMore: flag('Whether there are deeper fields, or more of them, than are kept.'),
      alwaysNull: list(text('A field path.'), 'The field paths that were null in every record.'),
      changes: list(
        object(
          {
            path: text('The field path.'),
            is: oneOf(
              ['new', 'gone', 'always-null', 'other-type'],
              '`new`: no pass had seen it. `gone`: enough records had it, and none has it now. `always-null`: it has no value any more. `other-type`: it has values of a type that it never had.',
            ),
            from: list(jsonType, 'The types of its values before.'),
            to: list(jsonType, 'The types of its values in the pass that found the change.'),
            at: whole('When it was found, in milliseconds since the epoch.'),
            pass: count('The number of the pass that found it.'),
          },
          'A change.',
        ),
        'The last 20 changes, newest first.',
      ),
    },
    "What the third party's records look like, as far as a sample of each page shows. Null before the first complete pass.",
  ),
);

export const holder = orNull(
  object(
    {
      token: text('The token of the lock.'),
      host: text('The host of the run.'),
      pid: whole('The process id of the run.'),
      run: text('The id of the run.'),
      startedAt: time('When the run started.'),
    },
    'The run that holds the lock. Null if something else wrote the key.',
  ),
);

/** What is stable of a checkpoint; the rest belongs to cronsync. */
export const checkpoint = orNull(
  open(
    object(
      {
        pass: count('The number of the pass.'),
        mode: oneOf(['snapshot', 'changes'], 'Whether the pass reads everything or only what changed.'),
        phase: oneOf(
          ['walking', 'deleting', 'held', 'done'],
          '`walking`: pages are being read. `deleting`: what the pass did not see is being deleted. `held`: the guard holds deletions back. `done`: the pass is over.',
        ),
        progress: open(
          object(
            {
              pages: count('The pages so far.'),
              records: count('The records so far.'),
              rejected: count('The rejected records so far.'),
            },
            'What the pass has brought so far.',
          ),
        ),
        startedAt: whole('When the pass started, in milliseconds since the epoch.'),
        completedAt: orNull(whole('When the last pass was complete, in milliseconds since the epoch.')),
        failures: count('The consecutive failures at this page.'),
        backOff: orNull(
          object(
            { until: whole('When it ends, in milliseconds since the epoch.'), cause: backOffCause },
            'Why the resource waits.',
          ),
        ),
        held: orNull(held),
        failingSince: orNull(
          whole(
            'When the first of the consecutive failures happened, in milliseconds since the epoch. Null if the last try succeeded.',
          ),
        ),
        failure: orNull(
          object(
            {
              exitCode: whole('Its exit code.'),
              message: text('What happened.'),
              hint: orNull(text('What to do next.')),
              status: orNull(whole('The HTTP status, if that is the reason.')),
            },
            'The last of these failures.',
          ),
        ),
        succeededAt: orNull(whole('When a page was taken last, in milliseconds since the epoch.')),
        previousCompletedAt: orNull(
          whole('When the pass before the last complete one was complete, in milliseconds since the epoch.'),
        ),
        totals: { ...counts, description: 'All changes that were ever written for the resource.' },
      },
      'Where the pass of the resource stands. Null if there was none. It has more members, which may change.',
      ['failingSince', 'failure', 'succeededAt', 'previousCompletedAt', 'totals'],
    ),
  ),
);

export const reject = object(
  {
    id: text('The id, for `cronsync rejects show`.'),
    resource: text('The name of the resource.'),
    key: orNull(text('The key of the record. Null if it cannot be read.')),
    reasons: list(text('One reason.'), 'Why the record was rejected.'),
    raw: text('The record as it came, as JSON text.'),
    firstAt: time('When the record was rejected first, in a row of passes that all brought it.'),
    at: time('When the record was rejected last.'),
  },
  'A rejected record.',
);

export const deadLetter = object(
  {
    id: text('The id, for the other commands of `cronsync dead`.'),
    group: text('The consumer group.'),
    listener: text('The name of the listener.'),
    position,
    type: text('The type of the event.'),
    key: text('The key of the record.'),
    event: text('The event as JSON text. Empty if it is lost.'),
    reason: oneOf(
      ['attempts', 'permanent', 'corrupt', 'crash-loop', 'parked', 'trimmed'],
      'Why the listener has given up.',
    ),
    lastError: text('The last error.'),
    attemptsAt: list(time('An attempt.'), "Every attempt's time, as far as it is known."),
    deadAt: time('When the listener gave up.'),
  },
  'An event that a listener has given up on.',
);

export const deadByListener = byName(count('Dead letters.'), 'The number of dead letters of each listener.');

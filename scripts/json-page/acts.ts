import { count, flag, list, object, oneOf, orNull, text, time } from './schema.ts';

/** What the commands print that act on a whole sync. */
export const actDocuments = [
  {
    name: 'approve',
    command: 'cronsync approve --deletes N --json',
    about: '',
    schema: object(
      {
        permits: list(
          object(
            {
              resource: text('The resource.'),
              what: oneOf(['deletes', 'updates'], 'What is approved.'),
              pass: count('The number of the pass that holds it.'),
              digest: text('A digest of the very records.'),
              count: count('How many records or values there are.'),
              who: text('Who has approved it.'),
              at: time('When it was approved.'),
              until: time('Until when a run may use it, once.'),
            },
            'An approval.',
          ),
          'What the next run may write.',
        ),
      },
      'What was approved.',
    ),
  },
  {
    name: 'activity',
    command: 'cronsync activity --json',
    about: 'Newest first, at most `--limit` of them.',
    schema: object(
      {
        activities: list(
          object(
            {
              id: count('A number that grows.'),
              at: time('When it was done.'),
              who: text('`user@host`, or the role of the page.'),
              what: text('What was done: `approve`, `pause`, `unlock`, and so on.'),
              why: orNull(text('What the person gave as `--reason`.')),
              detail: { type: 'object', description: 'What it was done to. The members depend on what was done.' },
            },
            'What a person did.',
          ),
          'What people did.',
        ),
      },
      'What people did to the sync.',
    ),
  },
  {
    name: 'rename',
    command: 'cronsync rename OLD NEW --yes --json',
    about: '',
    schema: object(
      {
        from: text('The old name.'),
        to: text('The new name.'),
        isWhole: flag(
          'False if an earlier rename was killed, and this one has only removed what that one had left in Redis.',
        ),
      },
      'What was renamed.',
    ),
  },
  {
    name: 'forget',
    command: 'cronsync forget --yes --json',
    about: '',
    schema: object(
      {
        name: text('The name of the sync.'),
        resources: list(text('A resource.'), 'The resources whose tables another sync may own now.'),
        isWhole: flag('Whether the whole sync was forgotten.'),
        dropped: list(text('A table.'), 'The tables of the system that were dropped.'),
      },
      'What was forgotten.',
    ),
  },
];

import { position } from './parts.ts';
import { count, flag, list, object, oneOf, orNull, text, time } from './schema.ts';

export const pause = object(
  {
    listener: orNull(text('The listener that is paused. Null: the sync.')),
    until: orNull(time('When it ends. Null: when somebody resumes it.')),
    reason: orNull(text('What the person gave as `--reason`.')),
    who: text('Who has paused it.'),
    at: time('When it was paused.'),
  },
  'A pause.',
);

/** What the commands print by which people act. */
export const actDocuments = [
  { name: 'pause', command: 'cronsync pause --json', about: '', schema: pause },
  {
    name: 'resume',
    command: 'cronsync resume --json',
    about: '',
    schema: object({ resumed: flag('False if it was not paused.') }, 'Whether a pause has ended.'),
  },
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
    name: 'listener-rewind',
    command: 'cronsync listener rewind NAME --to POSITION --yes --json',
    about: '',
    schema: object(
      {
        listener: text('The name of the listener.'),
        rewinds: list(
          object(
            {
              group: text('The name of the new group.'),
              after: position,
              until: count('The number of the last event that is delivered again.'),
            },
            'What is delivered again of one group.',
          ),
          'One for each group of the listener that has acknowledged something since.',
        ),
      },
      'What is delivered again.',
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

import { syncEventTypes } from '../../src/sync-event.ts';
import { fields } from './parts.ts';
import { type DocumentSchema, list, object, oneOf, open, text, time } from './schema.ts';

// Events: CloudEvents 1.0.2, JSON format.

/** The attributes of every event, in the order in which they are written. */
const head = {
  specversion: { type: 'string', const: '1.0', description: 'The version of CloudEvents.' },
  id: text('`<name>:<generation>-<seq>`. It is unique.'),
  source: text('`events.source` of the config.'),
} satisfies Readonly<Record<string, DocumentSchema>>;

const body = {
  datacontenttype: { type: 'string', const: 'application/json', description: 'The type of `data`.' },
  sequence: {
    type: 'string',
    pattern: '^\\d{20}$',
    description: 'The sequence number with leading zeros, so that it can be compared as text.',
  },
} satisfies Readonly<Record<string, DocumentSchema>>;

const key = text('The key of the record.');

export const event = object(
  {
    ...head,
    type: {
      type: 'string',
      pattern: '^.+\\.(created|updated|deleted)$',
      description: '`<resource>.created`, `.updated` or `.deleted`.',
    },
    subject: key,
    time: time('When the change was committed.'),
    ...body,
    cause: {
      type: 'string',
      enum: ['remap', 'repair'],
      description:
        '`remap`: the change comes from a new mapping only. `repair`: the row was written again, since somebody else had changed it or its table is new. Absent where the third party has changed the record.',
    },
    syncrun: text('The id of the run that wrote the change. Absent from what release 0.1.0 has written.'),
    syncadapter: text('The adapter that this run read. Absent from what release 0.1.0 has written.'),
    traceparent: text(
      'The span of the commit (CloudEvents, distributed tracing extension). Absent where the run was not traced.',
    ),
    data: object(
      {
        key,
        before: fields('The fields before the change. Null if the record was created.'),
        after: fields('The fields after the change. Null if the record was deleted.'),
        changed: list(text('A field.'), 'The fields that differ, of an update.'),
      },
      'The change.',
      ['changed'],
    ),
  },
  'A CloudEvent (CloudEvents 1.0.2, JSON format) of one change.',
  ['cause', 'syncrun', 'syncadapter', 'traceparent'],
);

/** An event about the sync itself. */
export const syncEvent = object(
  {
    ...head,
    type: oneOf(syncEventTypes, 'What has begun, or is over.'),
    subject: text('The resource, the adapter or the sync that it is about.'),
    time: time('When it was announced.'),
    ...body,
    syncrun: text('The id of the run that announced it.'),
    syncadapter: text('The adapter that this run read.'),
    data: open(object({ message: text('A sentence for people.') }, 'What there is to say. It depends on the type.')),
  },
  'A CloudEvent (CloudEvents 1.0.2, JSON format) about the sync itself.',
);

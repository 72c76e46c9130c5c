import { problemIds } from '../../src/verdict/problem.ts';
import { verdictNames } from '../../src/verdict/verdict.ts';
import { backOffCause, checkpoint, counts, driftCounts, driftedRow, holder, position, schema } from './parts.ts';
import { runRow } from './run-row.ts';
import { count, type DocumentSchema, flag, list, object, oneOf, open, orNull, text, time, whole } from './schema.ts';

/** What `cronsync status --json` prints. */

const verdict = object(
  {
    is: oneOf(
      verdictNames,
      '`in-step`: every resource has a complete pass within three times what is usual. `catching-up`: a pass is walking and moves. `behind`: no complete pass for longer than that, or nothing moves. `held`: the guard holds something back. `doubtful`: rows may be wrong. `delivering-late`: rows are in step, and events are not delivered. `paused`: by a person. `unknown`: a store does not answer. `never-ran`: there was no run yet. The first of these that applies: `unknown`, `paused`, `never-ran`, `behind`, `held`, `doubtful`, `delivering-late`, `catching-up`, `in-step`.',
    ),
    sentence: text('The verdict in one or a few sentences.'),
    since: orNull(time('Since when it is so. Null if that is not known, or of no interest.')),
  },
  'The health of the sync, in one word and one sentence.',
);

const problem = object(
  {
    id: oneOf(problemIds, 'Which problem it is. [operations.md](operations.md#problems) has an entry for each.'),
    severity: oneOf(['act', 'watch'], '`act`: it does not end by itself. `watch`: it may.'),
    resource: text('The resource that it is about.'),
    listener: text('The listener that it is about.'),
    since: orNull(time('Since when. Null if that is not known.')),
    title: text('A clause without a time.'),
    cause: text('What happened, and when.'),
    guarantee: text('What holds in spite of it.'),
    advice: text('What to do.'),
    next: text('The command for that, or to see more.'),
  },
  'A problem.',
  ['resource', 'listener'],
);

const store = (name: string): DocumentSchema =>
  object(
    {
      is: oneOf(['known', 'unknown'], 'Whether it answered within a second.'),
      version: orNull(text('The server and its version.')),
      aheadMs: whole('How far its clock is ahead of the clock of this host, in milliseconds.'),
      because: text('Why it is unknown.'),
      since: orNull(time('Since when it does not answer. Null if this is the first time that it was asked.')),
      why: oneOf(
        ['away', 'newer', 'refused', 'full'],
        '`away`: it cannot be reached. `newer`: its tables are of a newer release. `refused`: it does not let cronsync in. `full`: its disk has no room.',
      ),
    },
    name,
    ['version', 'aheadMs', 'because', 'since', 'why'],
  );

const slot = object(
  {
    key: text('The throttle key.'),
    waitMs: count('How long until the next hit may leave; 0 means now.'),
    cause: orNull(backOffCause),
    stricter: orNull(
      object(
        {
          hits: count('The most hits in any window of `perMs`.'),
          perMs: count('The length of the window.'),
          by: orNull(text('The sync that asked for these limits last. Null if that is not known.')),
          forMs: orNull(whole('How long they are remembered. Null if that is not known.')),
        },
        'The limits that count, because somebody has asked for them recently. Null if those of the config count.',
      ),
    ),
    waitedMs: orNull(
      whole(
        'For how long the sync has had no slot, since it was first denied one. Null if it was not denied since its last.',
      ),
    ),
    others: count('How many other syncs wait for slots of this key now.'),
  },
  'A throttle key.',
);

const resource = object(
  {
    resource: text('The name of the resource.'),
    live: count('The live rows.'),
    checkpoint,
    rejects: count('The rejected records that are kept.'),
    drift: orNull(
      object(
        {
          at: whole('When it was first found, in milliseconds since the epoch.'),
          ...driftCounts,
          rows: list(open(driftedRow), 'The first rows that differ.'),
          isBeingRepaired: flag('Whether the next pass writes these rows again.'),
        },
        'Rows that somebody else has changed. Null where none is known.',
      ),
    ),
    changes24h: { ...counts, description: 'What the runs of the last 24 h have changed.' },
    pace: orNull(
      object(
        {
          pages: count('The pages that were read.'),
          of: orNull(count('How many pages there are. Null if that is not known.')),
          leftMs: orNull(count('About how long the rest takes, in milliseconds. Null if that is not known.')),
        },
        'How far the pass has come. Null if no pass is walking.',
      ),
    ),
    failing: orNull(
      object(
        {
          since: time('The first of the consecutive failures.'),
          exitCode: whole('The exit code of the last one.'),
          message: text('What happened.'),
          hint: orNull(text('What to do next.')),
          status: orNull(whole('The HTTP status. Null if there was no answer.')),
        },
        'Why the last try failed. Null if it did not.',
      ),
    ),
    succeededAt: orNull(time('When a page was taken last. Null if that is not known.')),
    lost: list(
      object(
        {
          column: text('The column.'),
          sentence: text('Which expression found nothing.'),
          at: time('When that was first seen.'),
          wasFound: flag('Whether an earlier pass has found it.'),
        },
        'An expression.',
      ),
      'Expressions of the map that found nothing in a whole pass.',
    ),
    schema,
  },
  'A resource.',
);

const stream = object(
  {
    last: position,
    length: count('The entries on the stream.'),
    first: orNull(position),
    groups: list(
      object(
        {
          name: text('The consumer group.'),
          lastDelivered: position,
          pending: count('Entries that were delivered and not acknowledged.'),
          oldestPending: orNull(position),
          lag: orNull(count('Entries that were delivered to nobody. Null if Redis cannot say.')),
        },
        'A consumer group.',
      ),
      'The consumer groups in Redis.',
    ),
  },
  'The Redis stream. Null if Redis does not answer.',
);

const listener = object(
  {
    listener: text('The name of the listener.'),
    group: text('The consumer group.'),
    pending: count('Entries that were delivered and not acknowledged.'),
    lag: orNull(count('Entries that were delivered to nobody. Null if Redis cannot say.')),
    dead: count('The dead letters of the whole listener.'),
    daemons: orNull(count('How many daemons run the listener. Null if that is not known.')),
    donePerMinute: orNull(
      count(
        'How many events the whole listener delivered in the last full minute, all daemons together. Null if no daemon has run it for a minute.',
      ),
    ),
    reader: orNull(
      text('`host:pid` of the daemon that reads the group. Null if none does, or if the listener keeps no order.'),
    ),
    oldest: orNull(time('When its oldest event was committed that it has not acknowledged. Null if there is none.')),
    failing: orNull(
      object(
        {
          count: count('How many attempts failed.'),
          error: text('The last error.'),
          since: time('When the first one failed.'),
        },
        'The failed attempts of its oldest event. Null if there are none.',
      ),
    ),
    off: orNull(
      object(
        { because: text('What the receiver answered.'), at: time('When.') },
        'Its receiver is gone for good, and nothing is read for it. Null if it is not.',
      ),
    ),
  },
  'A group of a listener.',
);

const pause = object(
  {
    listener: orNull(text('The listener. Null: the whole sync.')),
    until: orNull(time('Until when. Null: until somebody resumes it.')),
    reason: orNull(text('Why.')),
    who: text('Who paused it.'),
    at: time('When.'),
  },
  'A pause.',
);

const permit = open(
  object(
    {
      resource: text('The resource.'),
      what: oneOf(['deletes', 'updates'], 'What is permitted.'),
      count: count('How many.'),
    },
    'A permit that no run has used yet.',
  ),
);

const dead = object(
  {
    listener: text('The listener.'),
    count: count('How many dead letters it has.'),
    since: time('When the oldest one died.'),
    reason: text('Why the oldest one died.'),
    error: text('Its last error.'),
  },
  'The dead letters of a listener.',
);

export const status: DocumentSchema = object(
  {
    name: text('The name of the sync.'),
    adapter: text('The selected adapter.'),
    target: text('The target, without credentials.'),
    at: time('When the stores were asked.'),
    verdict,
    problems: list(problem, 'What stands in the way of the sync, worst first.'),
    redis: store('Redis.'),
    database: store('The database.'),
    lock: orNull(
      object(
        {
          holder,
          expiresInMs: orNull(count('How long until the lock expires unless it is renewed. Null if it never expires.')),
        },
        'The lock. Null if it is free, or Redis does not answer.',
      ),
    ),
    slots: list(slot, 'When the next hit may leave.'),
    lease: orNull(
      object(
        {
          fence: count('The fence: the number of runs so far that took over.'),
          generation: count('The generation of the sequence numbers.'),
          nextSeq: count('The sequence number that the next event gets.'),
          holder: text('`host:pid` of the run that took over last.'),
        },
        'The fence row. Null if no run has been here, or the database does not answer.',
      ),
    ),
    resources: list(resource, 'The resources of the config. Empty if the database does not answer.'),
    stream: orNull(stream),
    waiting: orNull(count('The events in the outbox that are not on the stream yet. Null if a store does not answer.')),
    groups: list(
      object({ group: text('The consumer group.'), position }, 'A cursor.'),
      'Up to where each group has acknowledged everything, as the target keeps it.',
    ),
    listeners: list(listener, 'The listeners that have a group on the stream.'),
    pauses: list(pause, 'What is paused.'),
    permits: list(permit, 'What people have permitted, and no run has used yet.'),
    dead: list(dead, 'The dead letters by listener.'),
    runs: list(runRow, 'The last runs, newest first.'),
  },
  'Where everything stands.',
);

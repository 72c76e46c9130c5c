import { adapter, counts } from './parts.ts';
import { byName, count, list, object, oneOf, orNull, text, time, whole } from './schema.ts';

const phase = object(
  {
    phase: oneOf(
      ['lock', 'relay', 'slot', 'fetch', 'map', 'commit', 'delete', 'verify'],
      '`lock`: taking the lock and the target. `relay`: moving events to the stream. `slot`: waiting for a slot. `fetch`: the request and its answer. `map`: reading, mapping and comparing records, as far as it is not done beside a commit. `commit`: writing them. `delete`: deleting what is gone. `verify`: looking up a sample of rows.',
    ),
    resource: orNull(text('The resource. Null if it is for none in particular.')),
    atMs: count('When it began, in milliseconds after the start of the run.'),
    tookMs: count('How long it took, in milliseconds.'),
    count: count('What it dealt with: events, hits, records or changes.'),
  },
  'One phase. Its kind and resource come again if another phase was between.',
);

const resource = object(
  {
    resource: text('The name of the resource.'),
    pass: count('The number of the pass.'),
    phase: text('The phase of the pass at the end of the run.'),
    pages: count('The pages that this run took.'),
    records: count('The records that this run took.'),
    rejected: count('How many of them were rejected.'),
    counts,
    error: orNull(text('The error of the resource.')),
  },
  'A resource.',
);

/** What is kept of a run. */
export const runRow = object(
  {
    run: text('The id of the run.'),
    holder: text('`host:pid`.'),
    adapter,
    version: text('The release that ran.'),
    startedAt: time('When the run started.'),
    endedAt: orNull(time('When the run ended. Null if it is running, or was killed.')),
    outcome: orNull(text('The outcome, as in the document of the run. Null if the run has no end.')),
    exitCode: orNull(whole('The exit code of the run. Null if the run has no end.')),
    hits: count('The requests that left for the third party.'),
    pages: count('The pages that were committed.'),
    counts,
    rejected: count('The records that were rejected.'),
    error: orNull(text('The first error.')),
    hint: orNull(text('What to do about it.')),
    statuses: byName(
      count('How many hits.'),
      'The hits by the HTTP status that answered them; `none`: no answer came.',
    ),
    phases: list(phase, 'What the run spent its time on, in order.'),
    resources: list(resource, 'What the run did for each resource.'),
    slotWaitMs: count('How long the run waited for slots, in milliseconds.'),
    totals: object(
      {
        runs: byName(count('How many runs.'), 'The runs by outcome.'),
        hits: byName(count('How many hits.'), 'The hits by HTTP status.'),
      },
      'All runs and hits of the sync up to the end of this run.',
    ),
  },
  'A run.',
  ['version', 'hint', 'statuses', 'phases', 'resources', 'slotWaitMs', 'totals'],
);

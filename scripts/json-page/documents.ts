import { actDocuments, pause } from './acts.ts';
import { event, syncEvent } from './events.ts';
import {
  adapter,
  change,
  counts,
  deadByListener,
  deadLetter,
  driftCounts,
  driftedRow,
  emptied,
  errors,
  exitCode,
  held,
  holder,
  nextSlotInMs,
  plannedResource,
  reject,
  updates,
} from './parts.ts';
import { byName, count, type DocumentSchema, flag, list, object, oneOf, orNull, text, time, whole } from './schema.ts';
import { status } from './status.ts';

/** What one command prints with `--json`. */
export interface JsonDocument {
  /** The name of its schema: `docs/schemas/<name>.schema.json`. */
  readonly name: string;
  /** How the command is typed. */
  readonly command: string;
  /** What the document says beside its fields. */
  readonly about: string;
  readonly schema: DocumentSchema;
}

const name = text('The name of the sync.');
const isoOutcome = 'How it ended.';

const run = object(
  {
    name,
    run: text('The id of the run.'),
    adapter,
    outcome: oneOf(
      ['done', 'partial', 'throttled', 'not-due', 'paused', 'held', 'incomplete', 'failed', 'stopped'],
      '`done`: every resource that was due is in step. `partial`: a pass goes on in the next run. `throttled`: no slot was free. `not-due`: no resource was due. `paused`: a person has paused the sync. `held`: the guard holds something back. `incomplete`: fewer records came than the third party says that it has. `failed`: see `errors`. `stopped`: a signal stopped the run.',
    ),
    exitCode,
    startedAt: time('When the run started.'),
    tookMs: count('How long it took, in milliseconds.'),
    hits: count('The requests that left for the third party.'),
    pages: count('The pages that were committed.'),
    records: count('The records of these pages.'),
    rejected: count('The records that were rejected.'),
    duplicates: count('Records that do not count, since another one of the pass has their key.'),
    counts,
    relayed: count('The events that this run put on the stream, with those that an earlier run had left.'),
    isRelayPaused: flag('Whether the stream is full. The outbox then holds the rest.'),
    nextSlotInMs,
    pause: orNull(pause),
    resources: list(
      object(
        {
          resource: text('The name of the resource.'),
          pass: count('The number of the pass.'),
          phase: oneOf(['walking', 'deleting', 'held', 'done'], 'Where the pass stands.'),
          pages: count('The pages of the pass so far, over all its runs.'),
          records: count('The records of the pass so far, over all its runs.'),
          held: orNull(held),
          emptied,
          updates,
          heldTokens: object(
            {
              deletes: orNull(text('For `run --allow-mass-delete=` and `approve --deletes`, such as `340@9f3c`.')),
              updates: orNull(text('For `run --allow-mass-update=` and `approve --updates`.')),
            },
            'What names exactly what is held back: its number, and the start of a digest of its records.',
          ),
        },
        'A resource.',
      ),
      'The resources that have a pass.',
    ),
    errors,
    warnings: list(text('One sentence.'), 'What a person should know.'),
  },
  'What a run did.',
);

const { recognised: _, ...alwaysPlanned } = plannedResource;
const optionalInPlan = Object.keys(plannedResource).filter((field) => !(field in alwaysPlanned));
const planOutcome = oneOf(
  ['planned', 'partial', 'failed', 'stopped'],
  '`planned`: the plan is whole. `partial`: not every page could be read, so that deletions are unknown. `failed`: see `errors`. `stopped`: a signal stopped the command.',
);

const dryRun = object(
  {
    name,
    adapter,
    outcome: planOutcome,
    exitCode: whole('The exit code that a run would have. `--detailed-exitcode` may change that of the command.'),
    hits: count('The requests that left for the third party.'),
    errors,
    nextSlotInMs,
    resources: list(
      object(
        {
          ...plannedResource,
          unchanged: count('Records that are equal to their rows.'),
          counts,
          changes: list(change, 'Every change.'),
        },
        'The plan of a resource.',
        optionalInPlan,
      ),
      'The resources.',
    ),
  },
  'What a run would change. Every change is listed.',
);

const swap = object(
  {
    from: orNull(text('The adapter of the last run. Null if no run has been here.')),
    to: text('The adapter to swap to.'),
    name,
    outcome: planOutcome,
    exitCode: whole('The exit code that a run would have. `--detailed-exitcode` may change that of the command.'),
    hits: count('The requests that left for the third party.'),
    errors,
    nextSlotInMs,
    resources: list(
      object(
        {
          ...plannedResource,
          equal: count('Records that are equal to their rows.'),
          created: count('Records that would be created.'),
          updated: count('Records that would be updated.'),
          deleted: count('Records that would be deleted.'),
          fields: byName(count('Updates.'), 'How many updates change each field.'),
          examples: list(change, 'The first changes of each kind.'),
        },
        'The plan of a resource.',
        optionalInPlan,
      ),
      'The resources.',
    ),
  },
  'What a swap would change.',
);

const failure = object(
  {
    outcome: { type: 'string', const: 'failed', description: 'The command failed before it had a result.' },
    exitCode,
    errors,
  },
  'Why a command has no result.',
);

/** Every document, in the order of `docs/json.md`. */
export const documents: readonly JsonDocument[] = [
  {
    name: 'run',
    command: 'cronsync run --json',
    about: 'One line, at the end of the run. The same facts are in the row of the run in `_sync_runs`.',
    schema: run,
  },
  {
    name: 'dry-run',
    command: 'cronsync run --dry-run --json',
    about: 'The document may be large: it is printed while the changes are read.',
    schema: dryRun,
  },
  {
    name: 'swap',
    command: 'cronsync swap --to NAME --dry-run --json',
    about: 'It counts the changes and shows some. `cronsync run --dry-run --adapter NAME --json` lists all of them.',
    schema: swap,
  },
  {
    name: 'status',
    command: 'cronsync status --json',
    about:
      'It only reads. With `--watch` there is one line for each change. The exit code is 69 if a store does not answer, and 78 if one refuses; with `--max-age` it is 4 if the data is older, or its age is not known, and otherwise 0.',
    schema: status,
  },
  {
    name: 'verify',
    command: 'cronsync verify --json',
    about: 'The exit code is 4 if a row differs. The document may be large: it is printed while the rows are read.',
    schema: object(
      {
        name,
        isRepair: flag('Whether the next pass writes the rows again that differ.'),
        resources: list(
          object(
            {
              resource: text('The name of the resource.'),
              rows: list(driftedRow, 'Every row that differs.'),
              ...driftCounts,
            },
            'A resource.',
          ),
          'The resources that were compared.',
        ),
        exitCode,
      },
      'Which rows differ from what was written.',
    ),
  },
  {
    name: 'check',
    command: 'cronsync check --json',
    about:
      'Each store is looked at on its own. The exit code is that of the worst finding that is `bad`: 69 if something does not answer, 78 if the config or the target must change. The standing problems of `status` are notes.',
    schema: object(
      {
        findings: list(
          object(
            {
              what: text('What was looked at.'),
              is: oneOf(['good', 'note', 'bad'], '`bad`: a run would fail. `note`: a person should know it.'),
              detail: text('What was found.'),
            },
            'A finding.',
          ),
          'The findings.',
        ),
      },
      'What a run would find.',
    ),
  },
  {
    name: 'event',
    command: 'cronsync events --json',
    about:
      'One line for each event, oldest first. A webhook posts the same JSON, the stream has it, and a listener of type `log` prints it under `cronsync listen --json`.',
    schema: event,
  },
  {
    name: 'sync-event',
    command: 'cronsync events --type "sync.*" --json',
    about:
      'The events about the sync itself, which are written where a listener hears them. `data` has the fields that docs/operations.md lists.',
    schema: syncEvent,
  },
  {
    name: 'rejects-list',
    command: 'cronsync rejects list --json',
    about: 'Newest first, at most `--limit` of them.',
    schema: object({ rejects: list(reject, 'The rejected records.') }, 'The rejected records.'),
  },
  {
    name: 'rejects-show',
    command: 'cronsync rejects show ID --json',
    about: '',
    schema: reject,
  },
  {
    name: 'dead-list',
    command: 'cronsync dead list --json',
    about: 'Oldest first, at most `--limit` of them. `countByListener` counts all.',
    schema: object(
      { deadLetters: list(deadLetter, 'The dead letters.'), countByListener: deadByListener },
      'The dead letters.',
    ),
  },
  {
    name: 'dead-show',
    command: 'cronsync dead show ID --json',
    about: '',
    schema: deadLetter,
  },
  {
    name: 'dead-replay',
    command: 'cronsync dead replay ID --json',
    about: 'The exit code is 69 if `failed` or `blocked` is not 0.',
    schema: object(
      {
        delivered: count('Dead letters that were delivered and dropped.'),
        failed: count('Dead letters that failed again. They stay.'),
        blocked: count('Dead letters that were not tried. They stay.'),
        deadLetters: list(
          object(
            {
              id: text('The id.'),
              outcome: oneOf(['delivered', 'failed', 'blocked'], isoOutcome),
              error: text('Why it failed.'),
            },
            'A dead letter.',
            ['error'],
          ),
          'What became of each.',
        ),
      },
      'What became of the dead letters.',
    ),
  },
  {
    name: 'dead-drop',
    command: 'cronsync dead drop ID --json',
    about: '',
    schema: object({ dropped: count('The dead letters that were dropped.') }, 'How many were dropped.'),
  },
  {
    name: 'listen',
    command: 'cronsync listen --json',
    about:
      'One line when the daemon ends. Before it, a listener of type `log` prints its events, one line each. With `--once` and `--drain` the exit code is 69 unless the outcome is `done`.',
    schema: object(
      {
        outcome: oneOf(['done', 'left'], '`left`: not every event could be delivered.'),
        left: count('The events that wait for the next daemon, with `--once`.'),
        isOff: flag('Whether a receiver said that it is gone for good.'),
      },
      'How the daemon ended.',
    ),
  },
  {
    name: 'listener-drop',
    command: 'cronsync listener drop NAME --yes --json',
    about: '',
    schema: object({ dropped: list(text('A consumer group.'), 'The groups that were dropped.') }, 'What was dropped.'),
  },
  {
    name: 'unlock',
    command: 'cronsync unlock --yes --json',
    about: '',
    schema: object(
      { unlocked: flag('Whether the lock was removed. False if it was free.'), holder },
      'Whose lock was removed.',
    ),
  },
  {
    name: 'outbox-rebase',
    command: 'cronsync outbox rebase --yes --json',
    about: '',
    schema: object(
      {
        generation: count('The new generation.'),
        moved: count('The events that got new numbers.'),
        relayed: count('The events that were put on the stream.'),
      },
      'What was moved.',
    ),
  },
  ...actDocuments,
  {
    name: 'init',
    command: 'cronsync init --json',
    about: 'Where nothing was looked at, the config is one to edit: `resources` is empty and `page` is null.',
    schema: object(
      {
        file: text('The file that was written.'),
        resources: list(
          object(
            {
              name: text('The name of the resource.'),
              key: list(text('A field.'), 'The fields that identify a record.'),
              fields: list(text('A field.'), 'The fields, each a column.'),
              pagination: text('The type of the pagination, or `none`.'),
              mode: oneOf(['snapshot', 'changes'], 'What a pass reads.'),
            },
            'A resource.',
          ),
          'What the config reads.',
        ),
        leftOut: list(
          object({ what: text('What it is.'), why: text('Why it is left out.') }, 'A thing that is left out.'),
          'What the config does not have, although the source has it.',
        ),
        notes: list(text('A sentence.'), 'What a person should know.'),
        page: orNull(text('The file that keeps the page, for `run --from`. Null: no page was read.')),
        hits: count('The hits that were made.'),
        nextPage: orNull(
          text(
            'The URL of the page after the kept one, which was not fetched. Null: none follows, or it is not known.',
          ),
        ),
        commands: list(text('A command.'), 'What comes next.'),
        schedule: text('What starts the runs: lines for a crontab, units of systemd, or a manifest.'),
      },
      'What was written.',
    ),
  },
  {
    name: 'failure',
    command: 'any command with --json',
    about:
      'A command that fails before it has a result prints this document instead of its own: the config is wrong, the lock is held, Redis cannot be reached. A wrong command line prints no document and exits with 64.',
    schema: failure,
  },
];

import { chosen, grown, most, since } from './expressions.ts';
import { lines, stat, states } from './panel.ts';

/** What the stores know of a sync, from the question of the night to the details. */
export const syncRows = {
  'Is our data right now?': [
    stat({
      title: 'Verdict',
      about: 'The verdict of "cronsync status".',
      queries: { '{{sync}}: {{verdict}}': `${most('sync, verdict', 'cronsync_verdict')} == 1` },
    }),
    stat({
      title: 'Age of the data',
      about: 'How long ago a pass of the resource was last complete.',
      queries: { '{{sync}} {{resource}}': since('sync, resource', 'cronsync_last_complete_pass_timestamp_seconds') },
      ...{ unit: 's', bad: 3600 },
    }),
    stat({
      title: 'Problems that need somebody',
      about: 'Standing problems that do not end by themselves.',
      queries: { '{{sync}}': most('sync', 'cronsync_problems', 'severity="act"') },
      bad: 1,
    }),
    stat({
      title: 'Stores',
      about: 'Whether Redis and the database answer: 1 or 0.',
      queries: { '{{sync}} {{store}}': `min by (sync, store) (cronsync_store_up{${chosen}})` },
    }),
    stat({
      title: 'Releases',
      about: 'How many processes of each release serve metrics.',
      queries: {
        '{{sync}} {{version}} {{adapter}}': `count by (sync, version, adapter) (cronsync_build_info{${chosen}})`,
      },
    }),
    stat({
      title: 'Paused',
      about: 'Whether a person has paused the sync, or a listener: 1 or 0.',
      queries: { '{{sync}} {{listener}}': most('sync, listener', 'cronsync_paused') },
    }),
    states({
      title: 'Verdict over time',
      about: 'Which verdict was given when.',
      queries: { '{{sync}}: {{verdict}}': `${most('sync, verdict', 'cronsync_verdict')} == 1` },
    }),
    states({
      title: 'Problems over time',
      about: 'What stood in the way when. The ids are those of "cronsync status".',
      queries: { '{{sync}}: {{id}}': `${most('sync, id', 'cronsync_problem')} > 0` },
    }),
  ],
  Rows: [
    lines({
      title: 'Live rows',
      about: 'Rows that are live.',
      queries: { '{{sync}} {{resource}}': most('sync, resource', 'cronsync_live_rows') },
    }),
    lines({
      title: 'Changes',
      about: 'Rows that were created, updated and deleted.',
      queries: { '{{sync}} {{resource}} {{type}}': grown('sync, resource, type', 'cronsync_changes_total') },
    }),
    lines({
      title: 'Age of the data over time',
      about: 'It falls at the end of each complete pass.',
      queries: { '{{sync}} {{resource}}': since('sync, resource', 'cronsync_last_complete_pass_timestamp_seconds') },
      unit: 's',
    }),
    lines({
      title: 'Pages of the pass',
      about: 'How far the pass has come that is walking.',
      queries: { '{{sync}} {{resource}}': most('sync, resource', 'cronsync_pass_pages') },
    }),
    lines({
      title: 'Held by the guard',
      about: 'Deletions and updates that wait for an approval.',
      queries: {
        '{{sync}} {{resource}} deletions': most('sync, resource', 'cronsync_held_deletions'),
        '{{sync}} {{resource}} updates': most('sync, resource', 'cronsync_held_updates'),
      },
    }),
    lines({
      title: 'Guard used',
      about: 'How much was deleted in the window of the guard, of what it allows.',
      queries: { '{{sync}} {{resource}}': most('sync, resource', 'cronsync_guard_used_ratio') },
      ...{ unit: 'percentunit', bad: 0.8 },
    }),
    lines({
      title: 'Rejects',
      about: 'Records in quarantine, because they do not fit the schema.',
      queries: { '{{sync}} {{resource}}': most('sync, resource', 'cronsync_rejects') },
    }),
  ],
  Runs: [
    lines({
      title: 'Runs',
      about: 'Runs by their outcome.',
      queries: { '{{sync}} {{outcome}}': grown('sync, outcome', 'cronsync_runs_total') },
    }),
    lines({
      title: 'Hits',
      about: 'Hits by the HTTP status that answered them; "none": no answer came.',
      queries: { '{{sync}} {{status}}': grown('sync, status', 'cronsync_hits_total') },
    }),
    lines({
      title: 'Duration of the last run',
      about: 'With the wait for its slots.',
      queries: { '{{sync}}': most('sync', 'cronsync_run_duration_seconds') },
      unit: 's',
    }),
    lines({
      title: 'Since the last run',
      about: 'How long ago the last run of each outcome ended.',
      queries: { '{{sync}} {{outcome}}': since('sync, outcome', 'cronsync_last_run_timestamp_seconds') },
      unit: 's',
    }),
  ],
};

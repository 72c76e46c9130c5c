/** Samples of one series, a minute apart, in the words of promtool: `0x9 1x60` is ten times 0 and then 1. */
type Series = Readonly<Record<string, string>>;

/** One alert: what it is asked about, when it must be silent, when it must fire, and with which labels and summary. */
export interface AlertCase {
  readonly series: Series;
  /** When nothing may fire yet. */
  readonly silentAt: string;
  readonly firesAt: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
}

const crm = { sync: 'crm' };
const customers = { ...crm, resource: 'customers' };
const notify = { ...crm, listener: 'notify' };

/** Two exporters have each series, as two daemons do: each alert must still fire once. */
function onBoth(name: string, labels: string, samples: string): Series {
  return Object.fromEntries(['a', 'b'].map((pod) => [`${name}{sync="crm",instance="${pod}"${labels}}`, samples]));
}

/** A problem that begins after ten minutes. */
function problem(id: string, silentAt: string, firesAt: string, summary: string): AlertCase {
  return { series: onBoth('cronsync_problem', `,id="${id}"`, '0x9 1x120'), silentAt, firesAt, labels: crm, summary };
}

/** By the name of the alert. What stands begins after ten minutes. */
export const alertCases: Readonly<Record<string, AlertCase>> = {
  CronsyncBehind: {
    series: onBoth('cronsync_verdict', ',verdict="behind"', '0x9 1x30'),
    ...{ silentAt: '19m', firesAt: '21m', labels: crm, summary: 'crm is behind' },
  },
  CronsyncDataTooOld: {
    series: {
      ...onBoth('cronsync_last_complete_pass_timestamp_seconds', ',resource="customers"', '0x200'),
      ...onBoth('cronsync_paused', '', '0x200'),
    },
    ...{ silentAt: '64m', firesAt: '66m', labels: customers, summary: 'customers of crm is 1h 6m 0s old' },
  },
  CronsyncChangesHeld: {
    series: onBoth('cronsync_held_deletions', ',resource="customers"', '0x9 340x30'),
    ...{
      silentAt: '14m',
      firesAt: '16m',
      labels: customers,
      summary: 'The guard holds 340 changes of customers of crm',
    },
  },
  CronsyncGuardNearlyUsed: {
    series: onBoth('cronsync_guard_used_ratio', ',resource="customers"', '0.8x9 0.9x30'),
    ...{ silentAt: '9m', firesAt: '10m', labels: customers },
    summary: '90% of what the guard allows is used for customers of crm',
  },
  CronsyncDoubtful: {
    series: onBoth('cronsync_verdict', ',verdict="doubtful"', '0x9 1x30'),
    ...{ silentAt: '24m', firesAt: '26m', labels: crm, summary: 'Rows of crm may be wrong' },
  },
  CronsyncRejectsGrow: {
    series: onBoth('cronsync_rejects', ',resource="customers"', '2x60 5x30'),
    ...{
      silentAt: '60m',
      firesAt: '62m',
      labels: customers,
      summary: '3 more records of customers of crm are rejected than an hour ago',
    },
  },
  CronsyncNoRun: problem('cron-missing', '14m', '16m', 'No run of crm starts'),
  CronsyncRunsFail: {
    series: {
      ...onBoth('cronsync_last_run_timestamp_seconds', ',outcome="done"', '0+60x9 540x30'),
      ...onBoth('cronsync_last_run_timestamp_seconds', ',outcome="failed"', '0x9 600+60x30'),
    },
    ...{ silentAt: '19m', firesAt: '21m', labels: crm, summary: 'Every run of crm fails' },
  },
  CronsyncRunsKilled: problem('runs-killed', '14m', '16m', 'Runs of crm are killed'),
  CronsyncLockHeld: problem('lock-held', '14m', '16m', 'The lock of crm is never free'),
  CronsyncNoSlots: problem('no-slots', '24m', '26m', 'crm starves: no run gets a slot'),
  CronsyncCredentialsRefused: problem(
    ...(['credentials-refused', '9m', '10m', 'The third party refuses the credentials of crm'] as const),
  ),
  CronsyncThirdPartyRefuses: problem(
    ...(['third-party-refuses', '39m', '41m', 'The third party of crm answers errors, or nothing'] as const),
  ),
  CronsyncPausedLong: {
    series: onBoth('cronsync_paused', '', '0x9 1x1500'),
    ...{ silentAt: '1449m', firesAt: '1451m', labels: crm, summary: 'crm has been paused for a day' },
  },
  CronsyncDeliveryLate: {
    series: onBoth('cronsync_oldest_pending_seconds', ',group="notify"', '0+60x60'),
    ...{
      silentAt: '10m',
      firesAt: '11m',
      labels: { ...crm, group: 'notify' },
      summary: 'notify of crm is 11m 0s late',
    },
  },
  CronsyncListenerFallsBehind: {
    series: {
      ...onBoth('cronsync_group_lag', ',group="notify"', '0+100x60'),
      ...onBoth('cronsync_group_pending', ',group="notify"', '8x60'),
    },
    ...{
      silentAt: '24m',
      firesAt: '26m',
      labels: { ...crm, group: 'notify' },
      summary: 'notify of crm falls behind: 2608 events wait',
    },
  },
  CronsyncDeadLetters: {
    series: onBoth('cronsync_dead_letters', ',listener="notify"', '0x9 2x30'),
    ...{ silentAt: '14m', firesAt: '16m', labels: notify, summary: 'notify of crm has given up on 2 events' },
  },
  CronsyncPoisonEvent: problem(
    ...(['poison-event', '9m', '10m', 'An event of crm ends the daemons that deliver it'] as const),
  ),
  CronsyncListenerOff: problem('listener-off', '9m', '10m', 'A receiver of crm is gone for good'),
  CronsyncDeliveriesFail: {
    series: {
      ...onBoth('cronsync_deliveries_total', ',listener="notify",result="failure"', '0x9 0+30x60'),
      ...onBoth('cronsync_deliveries_total', ',listener="notify",result="success"', '0x9 0+10x60'),
    },
    ...{ silentAt: '24m', firesAt: '30m', labels: notify, summary: '75% of the deliveries of notify of crm fail' },
  },
  CronsyncNoDaemon: problem('no-daemon', '14m', '16m', 'No daemon runs a listener of crm'),
  CronsyncDaemonStuck: {
    series: onBoth('cronsync_loop_beat_timestamp_seconds', ',group="notify"', '0+60x9 540x30'),
    ...{ silentAt: '19m', firesAt: '20m', labels: { ...crm, group: 'notify' } },
    summary: 'Nobody has read notify of crm for 11m 0s',
  },
  CronsyncOutboxWaits: {
    series: onBoth('cronsync_outbox_waiting', '', '0x9 7x60'),
    ...{ silentAt: '24m', firesAt: '26m', labels: crm, summary: '7 events of crm do not leave the outbox' },
  },
  CronsyncStreamFull: problem('stream-full', '9m', '10m', 'The stream of crm is full'),
  CronsyncMetricsMissing: {
    series: onBoth('cronsync_build_info', ',version="1.2.3",adapter="acme"', '1x9 stale'),
    ...{ silentAt: '19m', firesAt: '21m', labels: {}, summary: 'Nobody serves the metrics of cronsync' },
  },
  CronsyncStoreDown: {
    series: onBoth('cronsync_store_up', ',store="redis"', '1x9 0x30'),
    ...{
      silentAt: '14m',
      firesAt: '16m',
      labels: { ...crm, store: 'redis' },
      summary: 'The redis of crm does not answer',
    },
  },
  CronsyncNeedsSomebody: {
    series: onBoth('cronsync_problems', ',severity="act"', '0x9 2x60'),
    ...{ silentAt: '39m', firesAt: '41m', labels: crm, summary: '2 problems of crm do not end by themselves' },
  },
};

/** What must stay silent, though it looks like the alert. */
export const silentCases: readonly (readonly [title: string, alert: string, series: Series, at: string])[] = [
  [
    'a sync that is paused is not too old',
    'CronsyncDataTooOld',
    {
      ...onBoth('cronsync_last_complete_pass_timestamp_seconds', ',resource="customers"', '0x200'),
      ...onBoth('cronsync_paused', '', '1x200'),
    },
    '3h',
  ],
  [
    'a run that works ends the failing ones',
    'CronsyncRunsFail',
    {
      ...onBoth('cronsync_last_run_timestamp_seconds', ',outcome="done"', '0x14 900x30'),
      ...onBoth('cronsync_last_run_timestamp_seconds', ',outcome="failed"', '60x40'),
    },
    '20m',
  ],
  [
    'a listener that is paused reads nothing, and is not stuck',
    'CronsyncDaemonStuck',
    {
      ...onBoth('cronsync_loop_beat_timestamp_seconds', ',group="notify"', '0x60'),
      ...onBoth('cronsync_paused', ',listener="notify"', '1x60'),
    },
    '30m',
  ],
  [
    'a lag that shrinks is not falling behind',
    'CronsyncListenerFallsBehind',
    {
      ...onBoth('cronsync_group_lag', ',group="notify"', '9000-100x60'),
      ...onBoth('cronsync_group_pending', ',group="notify"', '8x60'),
    },
    '40m',
  ],
];

/** What must fire, beside the ordinary case. */
export const moreCases: readonly (readonly [
  title: string,
  alert: string,
  at: string,
  one: Omit<AlertCase, 'silentAt' | 'firesAt'>,
])[] = [
  [
    'a metrics file that nobody writes',
    'CronsyncNoRun',
    '66m',
    {
      series: { 'cronsync_last_run_timestamp_seconds{sync="crm",outcome="done"}': '0x100' },
      ...{ labels: crm, summary: 'No run of crm starts' },
    },
  ],
  [
    'runs of which none has ever worked',
    'CronsyncRunsFail',
    '11m',
    {
      series: onBoth('cronsync_last_run_timestamp_seconds', ',outcome="failed"', '0+60x30'),
      ...{ labels: crm, summary: 'Every run of crm fails' },
    },
  ],
];

/** Every problem that there is, worst first. The ids are a contract: docs/operations.md has an entry for each. */
export const problemIds = [
  'stores-away',
  'database-away',
  'database-newer',
  'database-refuses',
  'redis-away',
  'redis-refuses',
  'disk-full',
  'clock-off',
  'credentials-refused',
  'third-party-refuses',
  'lock-held',
  'runs-killed',
  'runs-fail',
  'cron-missing',
  'pass-late',
  'no-slots',
  'backing-off',
  'deletions-held',
  'updates-held',
  'values-held',
  'drift',
  'listing-incomplete',
  'too-many-rejects',
  'expression-finds-nothing',
  'too-few-records',
  'too-many-records',
  'nothing-changes',
  'poison-event',
  'dead-letters',
  'listener-off',
  'no-daemon',
  'listener-behind',
  'stream-full',
  'outbox-waiting',
  'sync-paused',
  'listener-paused',
  'schema-changed',
] as const;

export type ProblemId = (typeof problemIds)[number];

/** What stands in the way of a sync. */
export interface Problem {
  readonly id: ProblemId;
  /** `act`: it does not end by itself. `watch`: it may. */
  readonly severity: 'act' | 'watch';
  readonly resource?: string;
  readonly listener?: string;
  readonly since: Date | null;
  /** A clause without a time: `the third party answers 503`. */
  readonly title: string;
  /** One or two sentences, with the time. */
  readonly cause: string;
  /** What holds in spite of it. */
  readonly guarantee: string;
  /** What to do, as a sentence. */
  readonly advice: string;
  /** The command for that, or to see more. */
  readonly next: string;
}

/** The worst problem comes first: one that needs a person, then by kind, then the oldest. */
export function worstFirst(a: Problem, b: Problem): number {
  return (
    Number(a.severity === 'watch') - Number(b.severity === 'watch') ||
    problemIds.indexOf(a.id) - problemIds.indexOf(b.id) ||
    timeOf(a) - timeOf(b) ||
    nameOf(a).localeCompare(nameOf(b), 'en')
  );
}

/** A problem of which it is not known when it began comes after those of its kind. */
function timeOf({ since }: Problem): number {
  return since?.getTime() ?? Number.MAX_SAFE_INTEGER;
}

function nameOf({ resource, listener }: Problem): string {
  return resource ?? listener ?? '';
}

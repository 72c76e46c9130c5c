import type { Checkpoint } from '../checkpoint.ts';
import { formatDuration } from '../duration.ts';
import { type Expectations, type ExpectedRecords, missesRecords } from '../expectations.ts';
import type { UnmetFacts } from './facts.ts';

/** What the config expects of a resource and what is not so. All times are milliseconds since the epoch. */
export type Unmet =
  /** Nothing has changed since `since`, as far as the last complete pass has seen: for `forMs` by then. */
  | { readonly is: 'nothing-changes'; readonly since: number; readonly forMs: number; readonly withinMs: number }
  /** The first of the consecutive snapshots with too few or too many records ended at `since`. */
  | { readonly is: 'too-few-records'; readonly since: number; readonly records: number; readonly min: number }
  | { readonly is: 'too-many-records'; readonly since: number; readonly records: number; readonly max: number };

type Known = Pick<Checkpoint, 'completedAt' | 'changedAt' | 'lastCount' | 'countUnmetSince'>;

/**
 * What a resource does not meet of what the config expects. Pure. Only complete passes are judged: while the third party
 * cannot be read, nobody knows whether something has changed there. A time that a host with a fast clock has stored counts
 * once it is over.
 */
export function unmetExpectations(
  checkpoint: Known | null,
  { changeWithinMs, records }: Expectations,
  now: number,
): readonly Unmet[] {
  const { completedAt = null } = checkpoint ?? {};
  if (checkpoint === null || completedAt === null || completedAt > now) return [];
  return [
    ...(changeWithinMs === undefined ? [] : unmetChange(checkpoint, changeWithinMs, completedAt)),
    ...(records === undefined ? [] : unmetRecords(checkpoint, records, completedAt)),
  ];
}

function unmetChange({ changedAt }: Known, withinMs: number, lookedAt: number): Unmet[] {
  if (changedAt === undefined) return [];
  const forMs = lookedAt - changedAt;
  return forMs > withinMs ? [{ is: 'nothing-changes', since: changedAt, forMs, withinMs }] : [];
}

function unmetRecords({ lastCount = null, countUnmetSince }: Known, expected: ExpectedRecords, at: number): Unmet[] {
  if (lastCount === null) return [];
  const missed = missesRecords(lastCount, expected);
  const known = { since: countUnmetSince ?? at, records: lastCount };
  if (missed === 'min') return [{ is: 'too-few-records', ...known, min: expected.min ?? 0 }];
  return missed === 'max' ? [{ is: 'too-many-records', ...known, max: expected.max ?? lastCount }] : [];
}

/** The same, as the facts of a verdict have it. */
export function unmetFacts(
  resource: string,
  checkpoint: Known | null,
  expectations: Expectations,
  now: Date,
): readonly UnmetFacts[] {
  return unmetExpectations(checkpoint, expectations, now.getTime()).map((unmet) => {
    return { what: unmet.is, sentence: unmetSentence(resource, unmet), since: unmet.since };
  });
}

/** What is unmet, without a full stop. */
export function unmetSentence(resource: string, unmet: Unmet): string {
  if (unmet.is === 'nothing-changes') {
    const { forMs, withinMs } = unmet;
    return `nothing of ${resource} has changed for ${formatDuration(forMs)}; "expect.changeWithin" is ${formatDuration(withinMs)}`;
  }
  const limit = unmet.is === 'too-few-records' ? `min" is ${unmet.min}` : `max" is ${unmet.max}`;
  return `the last snapshot of ${resource} brought ${unmet.records} records; "expect.records.${limit}`;
}

import type { ChangeCounts } from '../../change.ts';
import type { DatabaseFacts, Facts, ResourceFacts } from '../../verdict/facts.ts';
import { paceOf } from '../../verdict/pace.ts';
import type { Verdict } from '../../verdict/verdict.ts';
import { ago, roughly } from '../../verdict/words.ts';
import { count, many } from '../output/numbers.ts';
import { fitted } from '../output/width.ts';
import type { Room } from './room.ts';
import { tableLines } from './table.ts';

/** More resources than these do not fit a screen. */
const mostShown = 8;
const longestName = 20;

/** The resources, those with a problem first. */
export function resourceLines(
  { resources }: DatabaseFacts,
  { now }: Facts,
  { problems }: Verdict,
  room: Room,
): string[] {
  const { paint, isWhole } = room;
  const hasProblem = ({ resource }: ResourceFacts) => problems.some((problem) => problem.resource === resource);
  const sorted = resources.toSorted((a, b) => Number(hasProblem(b)) - Number(hasProblem(a)));
  const shown = isWhole ? sorted : sorted.slice(0, mostShown);
  const columns = [
    { title: 'resource' },
    { title: 'pass', align: 'right' },
    { title: 'state' },
    { title: 'rows', align: 'right' },
    { title: '24 h' },
    { title: 'last complete' },
  ] as const;
  const rows = shown.map((one) => [
    fitted(one.resource, longestName),
    one.checkpoint ? String(one.checkpoint.pass) : '–',
    stateOf(one, now),
    count(one.live),
    changesText(one.changes24h),
    one.checkpoint?.completedAt ? ago(one.checkpoint.completedAt, now) : '–',
  ]);
  const [titles = '', ...lines] = tableLines(columns, rows, room.columns);
  const left = sorted.length - shown.length;
  return [paint.dim(titles), ...lines, ...(left > 0 ? [paint.dim(`${many(left, 'more resource')} (--all)`)] : [])];
}

function stateOf(resource: ResourceFacts, now: Date): string {
  const { checkpoint, failing, rejects } = resource;
  if (checkpoint === null) return 'no pass yet';
  const { phase, backOff, held, heldEmptied, heldUpdates, incomplete, verifies } = checkpoint;
  const rejected = rejects > 0 ? `, ${count(rejects)} rejected` : '';
  if (backOff && backOff.until > now.getTime()) return `tries again in ${roughly(backOff.until - now.getTime())}`;
  if (failing) return 'failing';
  if (held ?? heldEmptied ?? heldUpdates) return `held${rejected}`;
  if (phase === 'deleting') return 'deleting what is gone';
  if (phase === 'walking') return `${walkText(resource, now)}${rejected}`;
  if (incomplete) return `incomplete${rejected}`;
  return `${verifies ? 'compared' : 'complete'}${rejected}`;
}

function walkText(resource: ResourceFacts, now: Date): string {
  const pace = paceOf(resource, now);
  if (pace === null) return 'no page yet';
  const of = pace.of === null ? '' : ` of ${count(pace.of)}`;
  const left = pace.leftMs ? `, ${roughly(pace.leftMs)} left` : '';
  return `page ${count(pace.pages)}${of}${left}`;
}

function changesText({ created, updated, deleted }: ChangeCounts): string {
  const parts = [
    created > 0 ? `+${count(created)}` : '',
    updated > 0 ? `~${count(updated)}` : '',
    deleted > 0 ? `-${count(deleted)}` : '',
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(' ') : '–';
}

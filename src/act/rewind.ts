import { UsageError } from '../errors.ts';
import type { Position } from '../event.ts';
import { listenerOf, rewindNameOf, rewindOf } from '../listener.ts';
import { type EventStream, watermarkOf } from '../stream.ts';
import type { FenceRow, Target, TargetReader } from '../target.ts';
import { type Noting, note } from './note.ts';

/** From where a listener is to get its events again: those after a number, or after a time. */
export type RewindTo = { readonly seq: number } | { readonly time: Date };

/** What is delivered again of one group: the events after `after`, up to the number `until`. */
export interface Rewind {
  /** The name of the new group. */
  readonly group: string;
  readonly after: Position;
  readonly until: number;
}

interface Planning {
  readonly target: Pick<TargetReader, 'fence' | 'groups' | 'outbox'>;
  readonly stream: Pick<EventStream, 'state'>;
}

/** Redis takes no longer names of groups. */
const longestName = 63;

/**
 * Plans what a listener gets again: all that its groups have acknowledged after a position, by a new group beside each, so that the
 * living ones are not touched. Throws `UsageError` if there is nothing, or if a rewind is under way.
 */
export async function planRewind(
  listener: string,
  to: RewindTo,
  { target, stream }: Planning,
): Promise<readonly Rewind[]> {
  const fence = await target.fence();
  const cursors = await target.groups();
  const known = cursors.filter(({ group }) => listenerOf(group) === listener);
  const running = known.find(({ group }) => rewindOf(group));
  if (running) throw underWay(listener, running.group);
  if (fence === null || known.length === 0) {
    throw new UsageError(`the listener ${listener} has received nothing yet; nothing was done`);
  }
  const after = { generation: fence.generation, seq: await positionOf(to, fence, target) };
  const { groups } = await stream.state();
  const rewinds = known.map(({ group, position }) => {
    const living = groups.find(({ name }) => name === group);
    const acknowledged = living ? watermarkOf(living) : position;
    const until = acknowledged.generation === fence.generation ? acknowledged.seq : 0;
    return { group: rewindNameOf(group, until), after, until };
  });
  const wanted = rewinds.filter(({ until }) => until > after.seq);
  if (wanted.length === 0) {
    throw new UsageError(`${listener} has acknowledged no event after ${after.seq}: there is nothing to deliver again`);
  }
  const tooLong = wanted.find(({ group }) => group.length > longestName);
  if (tooLong) throw new UsageError(`${tooLong.group} is too long for the name of a group; nothing was done`);
  return wanted;
}

/** Starts rewinds: the daemons that run the listener find them within seconds. */
export async function rewind(
  listener: string,
  rewinds: readonly Rewind[],
  { target, ...noting }: Noting & { readonly target: Pick<Target, 'saveGroups' | 'recordActivity'> },
): Promise<void> {
  await target.saveGroups(rewinds.map(({ group, after }) => ({ group, position: after })));
  const [first] = rewinds;
  const groups = rewinds.map(({ group }) => group);
  await note({ ...noting, target }, 'rewind', { listener, after: first?.after.seq ?? 0, groups });
}

/** The number of the last event that is not delivered again. */
async function positionOf(
  to: RewindTo,
  { generation, nextSeq }: FenceRow,
  target: Planning['target'],
): Promise<number> {
  const kept = await target.outbox({ generation, seq: 0 }, 1);
  const first = kept.events.length > 0 ? kept.firstSeq : nextSeq;
  if ('time' in to) return lastBefore(to.time, { generation, first, end: nextSeq }, target);
  if (to.seq >= first - 1) return to.seq;
  throw new UsageError(`the events up to ${first - 1} are not kept any more; nothing was done`, {
    hint: `The oldest one that is kept is ${first}. Write --to ${first - 1}, or a time.`,
  });
}

/** Halves the range until the first event after the time is found: its number follows the one that is returned. */
async function lastBefore(
  time: Date,
  { generation, first, end }: { readonly generation: number; readonly first: number; readonly end: number },
  target: Planning['target'],
): Promise<number> {
  let [low, high] = [first, end];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const { events } = await target.outbox({ generation, seq: middle - 1 }, 1);
    const event: { readonly time: string } | null = events[0] === undefined ? null : JSON.parse(events[0]);
    if (event === null || Date.parse(event.time) > time.getTime()) high = middle;
    else low = middle + 1;
  }
  return low - 1;
}

function underWay(listener: string, group: string): UsageError {
  return new UsageError(`a rewind of ${listener} is under way (${group}); nothing was done`, {
    hint: `Wait until it is over, or end it with "cronsync listener drop ${group}".`,
  });
}

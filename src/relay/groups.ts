import { ConfigError } from '../errors.ts';
import { beforeEverything, comparePositions, type Position } from '../event.ts';
import { listenerOf, rewindOf } from '../listener.ts';
import type { EventStream, StreamState } from '../stream.ts';
import type { GroupCursor, Target } from '../target.ts';

/** A consumer group of a configured listener. */
export interface ListenerGroup {
  readonly group: string;
  /** Where a new group starts, unless its listener had other groups before. */
  readonly from: 'beginning' | 'now';
}

export interface GroupsDeps {
  readonly stream: EventStream;
  readonly target: Target;
}

/**
 * Makes the missing groups of the configured listeners at the cursors that the target keeps, so that nothing is trimmed
 * before they have seen it. A group that is behind the stream is left to its reader. The cursor of a new group is stored
 * first: a crash in between loses nothing. The groups that a
 * listener had with another number of shards are dropped last; its new groups start where the slowest of those stood.
 */
export async function ensureGroups(groups: readonly ListenerGroup[], deps: GroupsDeps): Promise<void> {
  if (groups.length === 0) return;
  const { stream, target } = deps;
  const [state, cursors] = await Promise.all([stream.state(), target.groups()]);
  const former = formerGroups(groups, cursors, state);
  const added = groups.filter(({ group }) => !cursors.some((cursor) => cursor.group === group));
  const now = added.length > 0 ? await positionNow(state, target) : beforeEverything;
  const fresh = added.map(({ group, from }) => {
    const stood = lowestCursor(
      cursors.filter((cursor) => former.has(cursor.group) && listenerOf(cursor.group) === listenerOf(group)),
    );
    return { group, position: stood ?? (from === 'now' ? now : beforeEverything) };
  });
  if (fresh.length > 0) await target.saveGroups(fresh);
  await makeMissing(groups, state, [...cursors, ...fresh], stream);
  if (former.size === 0) return;
  // The cursors first: a daemon that misses its group makes it again only if there is a cursor.
  await target.saveGroups([], [...former]);
  for (const group of former) await stream.dropGroup(group);
}

/**
 * Makes a group again that existed before, for the daemon that reads it. Returns null, or the cursor of a group that stays
 * off the stream, because the stream no longer has all that comes after it. Throws `ConfigError` if the target no longer
 * knows the group: it was dropped on purpose.
 */
export async function restoreGroup(group: string, { stream, target }: GroupsDeps): Promise<Position | null> {
  const cursor = (await target.groups()).find((one) => one.group === group);
  if (cursor) return (await stream.ensureGroup(group, cursor.position)) === 'behind' ? cursor.position : null;
  const message = `the listener ${listenerOf(group)} was dropped, or has another number of shards now: this daemon no longer reads it`;
  throw new ConfigError(message, { hint: 'Start "cronsync listen" again, with the config of the other daemons.' });
}

async function makeMissing(
  groups: readonly ListenerGroup[],
  state: StreamState,
  cursors: readonly GroupCursor[],
  stream: EventStream,
): Promise<void> {
  const existing = new Set(state.groups.map(({ name }) => name));
  const known = new Map(cursors.map(({ group, position }) => [group, position]));
  for (const { group } of groups) {
    if (!existing.has(group)) await stream.ensureGroup(group, known.get(group) ?? beforeEverything);
  }
}

/** Groups that the configured listeners had with another number of shards. */
function formerGroups(
  groups: readonly ListenerGroup[],
  cursors: readonly GroupCursor[],
  state: StreamState,
): ReadonlySet<string> {
  const current = new Set(groups.map(({ group }) => group));
  const listeners = new Set([...current].map(listenerOf));
  const known = [...cursors.map(({ group }) => group), ...state.groups.map(({ name }) => name)];
  const isFormer = (group: string) => !current.has(group) && listeners.has(listenerOf(group)) && !rewindOf(group);
  return new Set(known.filter(isFormer));
}

/** Where the stream stands now. If it is gone, the target knows: events that are filled in again are not new. */
async function positionNow({ last }: StreamState, target: Target): Promise<Position> {
  if (last.generation > 0) return last;
  const fence = await target.fence();
  return fence === null ? last : { generation: fence.generation, seq: fence.nextSeq - 1 };
}

/** The cursors of the groups that are, or will be, on the stream: a rewind reads the outbox only. */
export function streamCursors(cursors: readonly GroupCursor[]): readonly GroupCursor[] {
  return cursors.filter(({ group }) => rewindOf(group) === null);
}

/** The position up to which every group has acknowledged everything; undefined if there are no groups. */
export function lowestCursor(cursors: readonly GroupCursor[]): Position | undefined {
  return cursors.map(({ position }) => position).sort(comparePositions)[0];
}

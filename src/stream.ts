import { comparePositions, type Position } from './event.ts';
import type { NumberedEvents } from './event-lines.ts';
import type { FenceRow, GroupCursor } from './target.ts';

/** The Redis stream of one sync: a window on the outbox, without gaps. */
export interface EventStream {
  state(): Promise<StreamState>;

  /**
   * Appends events of one generation, with their positions as IDs: at most `room` of those that are not there yet. `after` is the
   * last position that the caller knows to be on the stream.
   */
  append(after: Position, generation: number, events: NumberedEvents, room: number): Promise<Appended>;

  /** The event at a position, if the stream has it. */
  read(position: Position): Promise<string | null>;

  /**
   * Removes what every group has acknowledged; if there are no groups, all but the newest `keep`. Removes nothing while
   * one of the `expected` groups is missing, and returns which.
   */
  trim(expected: readonly string[], keep: number): Promise<Trimmed>;

  /**
   * Makes a group that reads from after `after` on, if it does not exist. `behind`: it was not made, because the stream no
   * longer has everything after that position, so that its reader would miss events. `beforeEverything` is never behind: it
   * stands for the oldest entry that is there.
   */
  ensureGroup(group: string, after: Position): Promise<GroupMade>;

  /** Removes a group and what is pending for it. True: it was there. */
  dropGroup(group: string): Promise<boolean>;

  /** Removes the stream and its groups: the relay fills it again from the outbox. */
  remove(): Promise<void>;
}

export type GroupMade = 'made' | 'existed' | 'behind';

export interface StreamState {
  /** Generation 0 and seq 0: nothing was ever appended, or the stream no longer exists. */
  readonly last: Position;
  readonly length: number;
  /** The oldest entry that is still there. */
  readonly first: Position | null;
  readonly groups: readonly GroupState[];
}

export interface GroupState {
  readonly name: string;
  readonly lastDelivered: Position;
  readonly pending: number;
  /** The oldest entry that is pending. */
  readonly oldestPending: Position | null;
  /** How many entries were not delivered yet; null if Redis does not know. */
  readonly lag: number | null;
}

export type Appended =
  | {
      readonly outcome: 'appended';
      readonly appended: number;
      readonly duplicates: number;
      readonly last: Position;
      readonly length: number;
    }
  /** The stream's last entry is older than `after`: Redis lost its tail. Nothing was appended. */
  | { readonly outcome: 'gap' }
  /** The stream is of a later generation: somebody else wrote to it. Nothing was appended. */
  | { readonly outcome: 'generation-ahead'; readonly last: Position };

export type Trimmed =
  | { readonly outcome: 'trimmed'; readonly removed: number; readonly length: number }
  | { readonly outcome: 'group-missing'; readonly group: string };

/** Up to where a group has acknowledged everything. */
export function watermarkOf({ oldestPending, lastDelivered }: GroupState): Position {
  if (oldestPending === null) return lastDelivered;
  return { generation: oldestPending.generation, seq: Math.max(0, oldestPending.seq - 1) };
}

/**
 * Up to where each group has acknowledged everything. Pure. A position that the target has not assigned is ignored: somebody
 * else wrote to the stream, or the target was restored.
 */
export function cursorsIn({ groups }: StreamState, fence: Pick<FenceRow, 'generation' | 'nextSeq'>): GroupCursor[] {
  const assigned = { generation: fence.generation, seq: fence.nextSeq - 1 };
  return groups
    .map((group) => ({ group: group.name, position: watermarkOf(group) }))
    .filter(({ position }) => position.generation > 0 && comparePositions(position, assigned) <= 0);
}

/**
 * Groups that must be on the stream before it is trimmed. A group whose cursor is stored may be missing: it gets what the
 * stream no longer has from the outbox.
 */
export function expectedOn(
  groups: readonly string[],
  stored: readonly { readonly group: string }[],
): readonly string[] {
  return groups.filter((group) => !stored.some((cursor) => cursor.group === group));
}

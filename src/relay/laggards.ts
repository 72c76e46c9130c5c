import { comparePositions, type Position } from '../event.ts';
import { listenerOf } from '../listener.ts';
import { type GroupState, type StreamState, watermarkOf } from '../stream.ts';
import type { RelayDeps } from './start.ts';

/**
 * The groups that a full stream waits for, while another group has nothing left to read: the one that is furthest behind,
 * and all that are behind by half of what the stream may hold, so that the stream is not full again at once. Empty if all
 * groups still have events, because then nobody is kept waiting. Pure.
 */
export function laggardsOf({ groups, last }: StreamState, maxStream: number): readonly GroupState[] {
  const isDone = (group: GroupState) => comparePositions(watermarkOf(group), last) >= 0;
  const isFar = (group: GroupState) => {
    const { generation, seq } = watermarkOf(group);
    return generation !== last.generation || last.seq - seq >= maxStream / 2;
  };
  const behind = groups.filter((group) => !isDone(group));
  const [slowest] = behind.toSorted((a, b) => comparePositions(watermarkOf(a), watermarkOf(b)));
  return behind.length === groups.length ? [] : behind.filter((group) => group === slowest || isFar(group));
}

/**
 * Takes the laggards off a full stream, so that they stop no other listener. The cursor of each is stored first: its reader
 * gets the events after it from the outbox, and returns to the stream when it has caught up. False: there was none.
 */
export async function takeOffLaggards({ stream, target, log }: RelayDeps, maxStream: number): Promise<boolean> {
  const state = await stream.state();
  const known = new Set((await target.groups()).map(({ group }) => group));
  const laggards = laggardsOf(state, maxStream).filter(({ name }) => known.has(name));
  if (laggards.length === 0) return false;
  await target.saveGroups(laggards.map((group) => ({ group: group.name, position: cursorOf(group, state) })));
  for (const { name } of laggards) {
    if (await stream.dropGroup(name)) log.warn(takenOff(name));
  }
  return true;
}

/** A group that has read nothing stands right before the first entry: later, the stream may begin further on. */
function cursorOf(group: GroupState, { first }: StreamState): Position {
  const position = watermarkOf(group);
  if (position.generation > 0 || first === null) return position;
  return { generation: first.generation, seq: Math.max(0, first.seq - 1) };
}

function takenOff(group: string): string {
  return (
    `the listener ${listenerOf(group)} (group ${group}) does not keep up, and the stream is full: its events wait in the ` +
    'outbox, so that the other listeners go on'
  );
}

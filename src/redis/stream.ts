import { crashPoint } from '../crash.ts';
import { IntegrityError } from '../errors.ts';
import { beforeEverything, formatPosition, type Position, parsePosition } from '../event.ts';
import type { Appended, EventStream, GroupMade, GroupState, StreamState, Trimmed } from '../stream.ts';
import type { RedisConnection } from './connection/connection.ts';
import { integerIn, integerOrNull, listIn, textIn } from './connection/reply.ts';
import {
  appendScript,
  dropGroupScript,
  groupScript,
  readScript,
  removeScript,
  stateScript,
  trimScript,
} from './stream-scripts.ts';

export interface StreamConfig {
  readonly redis: RedisConnection;
  readonly key: string;
}

const noStream: StreamState = { last: beforeEverything, length: 0, first: null, groups: [] };

/** The events of one sync on a Redis stream, each at the ID that its sequence number makes. */
export function createEventStream({ redis, key }: StreamConfig): EventStream {
  return {
    async state() {
      const reply = await redis.run(stateScript, [key], []);
      return reply === null ? noStream : stateIn(listIn(reply));
    },

    async append(after, generation, events, room): Promise<Appended> {
      const { firstSeq, lines } = events;
      const head = [generation, after.generation, after.seq, room, firstSeq, lines.count];
      const reply = listIn(await redis.run(appendScript, [key], [...head, lines.bytes]));
      crashPoint('events-appended');
      return appendedIn(reply);
    },

    async read(position) {
      const [entry] = listIn(await redis.run(readScript, [key], [formatPosition(position)]));
      return entry === undefined ? null : eventIn(listIn(entry));
    },

    async trim(expected, keep): Promise<Trimmed> {
      const [outcome, amount, length] = listIn(await redis.run(trimScript, [key], [keep, ...expected]));
      if (outcome === 'group-missing') return { outcome, group: textIn(amount) };
      return { outcome: 'trimmed', removed: integerIn(amount), length: integerIn(length) };
    },

    async ensureGroup(group, after) {
      return groupMadeIn(await redis.run(groupScript, [key], [group, formatPosition(after)]));
    },

    async dropGroup(group) {
      return integerIn(await redis.run(dropGroupScript, [key], [group])) === 1;
    },

    async remove() {
      await redis.run(removeScript, [key], []);
    },
  };
}

function groupMadeIn(reply: unknown): GroupMade {
  return reply === 'made' || reply === 'behind' ? reply : 'existed';
}

function appendedIn([outcome, last, appended, duplicates, length]: readonly unknown[]): Appended {
  if (outcome === 'gap') return { outcome };
  if (outcome === 'generation-ahead') return { outcome, last: positionIn(last) };
  return {
    outcome: 'appended',
    appended: integerIn(appended),
    duplicates: integerIn(duplicates),
    last: positionIn(last),
    length: integerIn(length),
  };
}

function stateIn([last, length, first, ...groups]: readonly unknown[]): StreamState {
  return {
    last: positionIn(last),
    length: integerIn(length),
    first: first === null ? null : positionIn(first),
    groups: groups.map((group) => groupIn(listIn(group))),
  };
}

function groupIn([name, lastDelivered, pending, lag, oldest]: readonly unknown[]): GroupState {
  return {
    name: textIn(name),
    lastDelivered: positionIn(lastDelivered),
    pending: integerIn(pending),
    oldestPending: oldest == null ? null : positionIn(oldest),
    lag: integerOrNull(lag),
  };
}

/** The one field of an entry. An entry with other fields was written by somebody else, and is not an event. */
function eventIn([, fields]: readonly unknown[]): string {
  const [name, event] = listIn(fields);
  return name === 'event' ? textIn(event) : '';
}

/**
 * Our IDs are far below 2^53. A larger one, which somebody else wrote, loses digits here but stays larger than any of ours.
 * The scripts compare IDs exactly.
 */
function positionIn(reply: unknown): Position {
  const position = parsePosition(textIn(reply));
  if (position === undefined) throw new IntegrityError(`Redis answered ${JSON.stringify(reply)} for a stream ID`);
  return position;
}

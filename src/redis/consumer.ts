import {
  type Claimed,
  type Entry,
  type EntryId,
  type GroupConsumer,
  GroupGoneError,
  type NewEntries,
} from '../consumer.ts';
import { LeaseLostError, messageOf } from '../errors.ts';
import type { RedisConnection } from './connection/connection.ts';
import { integerIn, listIn, textIn, textOrNull } from './connection/reply.ts';
import type { Script } from './connection/script.ts';
import {
  acknowledgeScript,
  beginScript,
  claimScript,
  deliveredScript,
  handBackScript,
  keepAliveScript,
  readNewScript,
  removeConsumersScript,
} from './consumer-scripts.ts';

export interface ConsumerConfig {
  readonly redis: RedisConnection;
  /** The stream's key. */
  readonly key: string;
  readonly group: string;
  /** Never used again. */
  readonly consumer: string;
  /** Of an ordered group: only its holder reads and claims. */
  readonly lease?: { readonly key: string; readonly token: string };
}

/** A script must not block Redis for long. */
const idsPerCall = 500;
/** Longer than the `minIdleMs` of every claim. */
const handedBackIdleMs = 86_400_000;

/** Joins a group as a new consumer. Throws `GroupGoneError` if there is no such group. */
export async function openConsumer(config: ConsumerConfig): Promise<GroupConsumer> {
  const { redis, key, group, consumer, lease } = config;
  const run = async (script: Script, args: readonly (string | number)[], keys: readonly string[] = [key]) => {
    try {
      return await redis.run(script, keys, [group, ...args]);
    } catch (error) {
      throw translate(error, group);
    }
  };
  const guarded = lease ? [key, lease.key] : [key];
  const token = lease?.token ?? '';
  const inCalls = async (script: Script, ids: readonly EntryId[]): Promise<readonly EntryId[]> => {
    const calls = slices(ids).map((some) => run(script, [consumer, ...some]));
    return (await Promise.all(calls)).flatMap((reply) => listIn(reply).map(textIn));
  };

  const delivered = await run(deliveredScript, []);
  if (delivered === null) throw groupGone(group);
  let after = textIn(delivered);
  // Deliveries of entries that were claimed and are not acknowledged yet. These are ours, and were in no lost reply.
  const claimed = new Map<EntryId, { deliveries: number; isBegun: boolean }>();

  return {
    group,
    consumer,

    async readNew(count): Promise<NewEntries> {
      for (;;) {
        const reply = listIn(await run(readNewScript, [consumer, token, count, after], guarded));
        if (reply[0] === 'lease-lost') throw leaseLost(group);
        const taken = entriesIn(reply);
        after = taken.at(-1)?.id ?? after;
        const entries = claimed.size === 0 ? taken : taken.filter(({ id }) => !claimed.has(id));
        if (entries.length > 0 || taken.length === 0) return { entries, last: textIn(reply[1]) };
      }
    },

    async claim(minIdleMs, count, cursor): Promise<Claimed> {
      const reply = listIn(await run(claimScript, [consumer, token, count, cursor, minIdleMs], guarded));
      const [outcome, next, entries, lost] = reply;
      if (outcome === 'lease-lost') throw leaseLost(group);
      const taken = listIn(entries).map(claimedIn);
      for (const { id, deliveries } of taken) claimed.set(id, { deliveries, isBegun: false });
      return { entries: taken, next: textIn(next), lost: listIn(lost).map(textIn) };
    },

    async begin(id) {
      const deliveries = (claimed.get(id)?.deliveries ?? 0) + 1;
      const isOurs = integerIn(await run(beginScript, [consumer, id, deliveries])) === 1;
      if (isOurs) claimed.set(id, { deliveries, isBegun: true });
      return isOurs;
    },

    async acknowledge(ids) {
      const lost = await inCalls(acknowledgeScript, ids);
      for (const id of ids) claimed.delete(id);
      return lost;
    },

    keepAlive: (ids) => inCalls(keepAliveScript, ids),

    async handBack(ids) {
      for (const some of slices(ids)) {
        const pairs = some.flatMap((id) => [id, deliveriesWithoutUs(claimed.get(id))]);
        await run(handBackScript, [consumer, handedBackIdleMs, ...pairs]);
      }
    },

    async leave() {
      await run(removeConsumersScript, [0, consumer]);
    },

    async removeIdleConsumers(idleMs) {
      return integerIn(await run(removeConsumersScript, [idleMs, '']));
    },
  };
}

function slices(ids: readonly EntryId[]): readonly (readonly EntryId[])[] {
  const count = Math.ceil(ids.length / idsPerCall);
  return Array.from({ length: count }, (_, at) => ids.slice(at * idsPerCall, (at + 1) * idsPerCall));
}

/** An entry that we read had no deliveries before; an entry that we claimed had those that were counted. */
function deliveriesWithoutUs(claimed: { readonly deliveries: number; readonly isBegun: boolean } | undefined): number {
  if (claimed === undefined) return 0;
  return claimed.isBegun ? claimed.deliveries - 1 : claimed.deliveries;
}

/** Pairs of an ID and an event, after the outcome and the last ID. */
function entriesIn(reply: readonly unknown[]): readonly Entry[] {
  const entries: Entry[] = [];
  for (let at = 2; at < reply.length; at += 2) {
    entries.push({ id: textIn(reply[at]), event: textOrNull(reply[at + 1]), deliveries: 1 });
  }
  return entries;
}

function claimedIn(reply: unknown): Entry {
  const [id, deliveries, event] = listIn(reply);
  return { id: textIn(id), event: textOrNull(event), deliveries: integerIn(deliveries) };
}

function translate(error: unknown, group: string): unknown {
  return messageOf(error).includes('NOGROUP') || messageOf(error).includes('no such key')
    ? groupGone(group, error)
    : error;
}

function groupGone(group: string, cause?: unknown): GroupGoneError {
  const message = `the consumer group ${group} does not exist; it is made again at the cursor that the target keeps`;
  return new GroupGoneError(message, { cause });
}

function leaseLost(group: string): LeaseLostError {
  return new LeaseLostError(`the lease of the group ${group} is no longer ours; nothing was read`);
}

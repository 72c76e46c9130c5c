import { receiverGone } from '../consumer.ts';
import type { RedisConnection } from './connection/connection.ts';
import { integerIn, listIn, textOrNull } from './connection/reply.ts';
import type { Script } from './connection/script.ts';
import type { SyncKeys } from './keys.ts';

/** What Redis knows of a group that is not in the state of the stream. */
export interface GroupDetails {
  readonly group: string;
  /** How many daemons run its listener. */
  readonly daemons: number;
  /** How many events its listener delivered in the last full minute, all daemons together; null where none of them says. */
  readonly donePerMinute: number | null;
  /** `host:pid` of the daemon that holds its lease, and reads it; null where nobody does, and for a group without an order. */
  readonly reader: string | null;
  /** When the oldest event was committed that it has not acknowledged; null if the stream has none. */
  readonly oldest: Date | null;
  /** How often the delivery of its oldest pending event was started without an end that is known. */
  readonly deliveries: number;
  /** The failed attempts of that event. */
  readonly failing: { readonly count: number; readonly error: string; readonly since: Date } | null;
  /** Its receiver is gone for good. */
  readonly off: { readonly because: string; readonly at: Date } | null;
}

/** All groups of a sync, at one time of Redis's clock. */
export interface GroupsLook {
  readonly now: Date;
  readonly groups: readonly GroupDetails[];
}

/**
 * KEYS[1] stream, then for each group KEYS: the hash of its attempts, the members of its listener, the hash of
 * what they delivered, its lease
 * ARGV[1] the field of a receiver that is gone   ARGV[2..] the groups
 * -> {now in ms, then per group {members, what they delivered or nil, time of its oldest event or nil, deliveries of its oldest
 * pending entry, the JSON of that entry's attempts or nil, the JSON of the receiver that is gone or nil, the lease or nil}}
 *
 * An event names its time before its data, where no quote stands without a backslash in a text.
 */
const lookScript: Script = {
  guarantee: 'nothing was changed',
  lua: `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = {now}
local delivered = {}
if redis.call('EXISTS', KEYS[1]) == 1 then
  for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    local name, last
    for i = 1, #group, 2 do
      if group[i] == 'name' then name = group[i + 1] end
      if group[i] == 'last-delivered-id' then last = group[i + 1] end
    end
    delivered[name] = last
  end
end
local function timeOf(entries)
  local event = entries[1] and entries[1][2] and entries[1][2][2]
  return event and string.match(event, '"time":"([^"]+)"') or false
end
for i = 2, #ARGV do
  local attempts, members, done, lease = KEYS[4 * i - 6], KEYS[4 * i - 5], KEYS[4 * i - 4], KEYS[4 * i - 3]
  local living, sum = redis.call('ZRANGEBYSCORE', members, '(' .. string.format('%.0f', now), '+inf'), false
  for _, member in ipairs(living) do
    local own = redis.call('HGET', done, member)
    if own then sum = (sum or 0) + tonumber(own) end
  end
  local oldest, deliveries, failed = false, 0, false
  if delivered[ARGV[i]] then
    local pending = redis.call('XPENDING', KEYS[1], ARGV[i], '-', '+', 1)[1]
    if pending then
      oldest = timeOf(redis.call('XRANGE', KEYS[1], pending[1], pending[1]))
      deliveries = pending[4]
      failed = redis.call('HGET', attempts, pending[1])
    else
      oldest = timeOf(redis.call('XRANGE', KEYS[1], '(' .. delivered[ARGV[i]], '+', 'COUNT', 1))
    end
  end
  found[i] = {
    #living, sum, oldest, deliveries, failed,
    redis.call('HGET', attempts, ARGV[1]), redis.call('GET', lease)
  }
end
return found
`,
};

/** What `status` shows of groups and daemons. Only reads: nothing is written. */
export async function lookAtGroups(
  { redis, keys }: { readonly redis: RedisConnection; readonly keys: SyncKeys },
  groups: readonly { readonly group: string; readonly listener: string }[],
): Promise<GroupsLook> {
  const own = groups.flatMap(({ group, listener }) => [
    keys.attempts(group),
    keys.members(listener),
    keys.done(listener),
    keys.lease(group),
  ]);
  const names = groups.map(({ group }) => group);
  const [now, ...found] = listIn(await redis.run(lookScript, [keys.events, ...own], [receiverGone, ...names]));
  return {
    now: new Date(integerIn(now)),
    groups: groups.map(({ group }, at) => detailsIn(group, listIn(found[at]))),
  };
}

function detailsIn(
  group: string,
  [members, done, oldest, deliveries, failed, gone, lease]: readonly unknown[],
): GroupDetails {
  const time = textOrNull(oldest);
  const failing = attemptsIn(failed);
  const off = attemptsIn(gone);
  return {
    group,
    daemons: integerIn(members),
    donePerMinute: done === null ? null : integerIn(done),
    reader: readerIn(lease),
    oldest: time === null || Number.isNaN(Date.parse(time)) ? null : new Date(time),
    deliveries: Math.max(0, integerIn(deliveries) - (failing?.count ?? 0)),
    failing,
    off: off && { because: off.error, at: off.since },
  };
}

/** The holder that `createLock` writes into a lease. */
function readerIn(reply: unknown): string | null {
  const json = textOrNull(reply);
  if (json === null) return null;
  const { host, pid } = JSON.parse(json);
  return `${host}:${pid}`;
}

function attemptsIn(reply: unknown): GroupDetails['failing'] {
  const json = textOrNull(reply);
  if (json === null) return null;
  const { count, lastError, times } = JSON.parse(json);
  return { count, error: lastError, since: new Date(times[0]) };
}

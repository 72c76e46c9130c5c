import { mostKeptSingly } from '../../throttle.ts';
import type { Script } from '../connection/script.ts';
import { clock, isKept, waitIn, windowsRemembered } from './slot-parts.ts';

/** What is kept of limits: the strictest one, from when it was last asked for, at least for as long as its own slot lasts. */
const keepLimits = `
local reserve = tonumber(ARGV[2])
${isKept}
local function strictest(field, mine, pick, memory)
  local stored = isKept(field)
  if stored and stored ~= mine and pick(stored, mine) == stored then return stored end
  redis.call('HSET', KEYS[2], field, mine, field .. 'Until', now + memory)
  return mine
end
local function memoryOf(per) return math.max(tonumber(ARGV[4]), per + ARGV[2]) end
local longest = tonumber(ARGV[9])
for at = 11, #ARGV, 2 do
  if ARGV[at + 1] ~= '0' then
    longest = math.max(longest, tonumber(ARGV[at]))
    local mine, stored = tonumber(ARGV[at + 1]), remembered[ARGV[at]]
    if not stored or stored >= mine then
      local till = string.format('%.0f', now + memoryOf(ARGV[at]))
      redis.call('HSET', KEYS[2], 'window:' .. ARGV[at], ARGV[at + 1] .. ' ' .. till)
    end
  end
end
local hits, per = tonumber(ARGV[8]), tonumber(ARGV[9])
local isShared = hits > 0 or ARGV[10] == '1'
if hits > 0 then
  hits = strictest('hits', hits, math.min, memoryOf(per))
  per = strictest('per', per, math.max, memoryOf(per))
else
  hits, per = isKept('hits'), math.max(per, isKept('per') or 0)
  isShared = isShared or hits ~= nil
  hits = hits or math.huge
end
reserve = strictest('reserve', reserve, math.max, memoryOf(longest))
local life = memoryOf(longest) + math.max(longest, per) + reserve
if redis.call('PTTL', KEYS[2]) < life then redis.call('PEXPIRE', KEYS[2], string.format('%.0f', life)) end
`;

/** Of each set: what has freed is dropped, and what frees later than any reservation is clamped, because a clock has jumped back. */
const tidySets = `
local sets = {}
if isShared then sets[1] = {key = KEYS[1], hits = hits, per = per} end
for at = 11, #ARGV, 2 do
  local most = strictestOf(ARGV[at], tonumber(ARGV[at + 1]))
  if most then table.insert(sets, {key = KEYS[5 + (at - 11) / 2], hits = most, per = tonumber(ARGV[at])}) end
end
for _, set in ipairs(sets) do
  redis.call('ZREMRANGEBYSCORE', set.key, '-inf', past)
  set.furthest = now + set.per + reserve
  local most = set.furthest + (set.hits > ${mostKeptSingly} and set.hits < math.huge and math.ceil(set.per / ${mostKeptSingly}) or 0)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', set.key, '(' .. string.format('%.0f', most), '+inf')) do
    redis.call('ZADD', set.key, most, member)
  end
  if redis.call('ZSCORE', set.key, ARGV[1]) then return {1, per, now} end
end
`;

/**
 * Who was denied before whoever asks, and waits now. A waiter that does not come in time keeps its place, and holds nobody up.
 * One that was denied in the future shows that the clock has jumped back: nobody knows any more until when it waits.
 */
const findPlace = `
local ticket, ahead, others = now, 0, 0
if ARGV[5] ~= '' then
  local queue = redis.call('HGETALL', KEYS[4])
  local present = {}
  for at = 1, #queue, 2 do
    local since, till, kept = string.match(queue[at + 1], '^(%d+) (%d+) (%d+)$')
    if tonumber(kept) <= past or tonumber(since) > now then
      redis.call('HDEL', KEYS[4], queue[at])
    elseif queue[at] == ARGV[5] then
      ticket = tonumber(since)
    elseif tonumber(till) > past then
      table.insert(present, {name = queue[at], since = tonumber(since)})
    end
  end
  others = #present
  for _, other in ipairs(present) do
    if other.since < ticket or (other.since == ticket and other.name < ARGV[5]) then ahead = ahead + 1 end
  end
end
`;

/**
 * KEYS[1] slots: zset, grant -> ms at which it frees   KEYS[2] limits: hash, the strictest seen   KEYS[3] notBefore
 * KEYS[4] queue: hash, asker -> "<first denied> <waits until> <kept until>", ms   KEYS[5…] a zset for each window that ARGV names
 * ARGV[1] grant   ARGV[2] reserve, ms   ARGV[3] longest notBefore, ms   ARGV[4] for how long a strict limit is remembered, ms
 * ARGV[5] the asker, or '' for one that takes no turns   ARGV[6] how long it waits, ms   ARGV[7] how late it may be, ms
 * ARGV[8] the hits of one window alone, or 0   ARGV[9] the per of the shortest window, ms
 * ARGV[10] 1: hits of listed windows are in KEYS[1] too, for whoever asks for one window alone
 * ARGV[11…] of each listed window: per, ms; hits, or 0 for a window that others have asked for
 * -> {1, the strictest per in ms, since when the asker has waited}; {2, per…}: windows of others that KEYS lacks;
 * {0, ms to wait, nil or the JSON of what caused it, ms until to ask again, for how long it has waited, ms, how many are ahead,
 * how many wait}
 *
 * A laxer limit does not keep a strict one alive. The largest reserve counts, or a slot that another sync reserved for a slow
 * request would be clamped.
 */
export const takeScript: Script = {
  guarantee: 'no hit was made',
  lua: `${clock}${windowsRemembered(11, 2)}${waitIn}${keepLimits}${tidySets}${findPlace}
local wait, again, cause = 0, 0, false
local deferred = redis.call('GET', KEYS[3])
if deferred then
  local till, why = string.match(deferred, '^(%d+) (.*)$')
  local left = math.min(tonumber(till) - past, tonumber(ARGV[3]))
  if left > 0 then wait, again, cause = left, left, why end
end
for _, set in ipairs(sets) do
  if set.hits < math.huge then
    local mine, first = waitIn(set.key, set.hits, set.per, ahead)
    wait, again = math.max(wait, mine), math.max(again, first)
  end
end
if wait > 0 then
  if ahead > 0 then again = math.min(wait, again + ARGV[7] + 1) end
  if ARGV[5] ~= '' then
    local till = wait <= tonumber(ARGV[6]) and now + again + ARGV[7] or 0
    local kept = memoryOf(longest)
    redis.call('HSET', KEYS[4], ARGV[5], string.format('%.0f %.0f %.0f', ticket, till, now + kept))
    redis.call('PEXPIRE', KEYS[4], string.format('%.0f', kept))
  end
  return {0, wait, cause, again, now - ticket, ahead, others}
end

for _, set in ipairs(sets) do
  redis.call('ZADD', set.key, set.furthest, ARGV[1])
  expire(set.key)
end
redis.call('HDEL', KEYS[4], ARGV[5])
return {1, per, ticket}
`,
};

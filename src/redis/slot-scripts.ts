import type { Script } from './connection/script.ts';

/** `past` is the last whole millisecond, for times that must be over; `now` is the next one, for times that start here. */
const clock = `
local time = redis.call('TIME')
local past = time[1] * 1000 + math.floor(time[2] / 1000)
local now = past + (time[2] % 1000 > 0 and 1 or 0)
`;

/** The set lives until its last slot frees. */
const expireSlots = `
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
if last then redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', tonumber(last) + 1)) end
`;

/**
 * KEYS[1] slots: zset, grant -> ms at which it frees   KEYS[2] limits: hash, the strictest seen   KEYS[3] notBefore
 * ARGV[1] grant   ARGV[2] hits   ARGV[3] per, ms   ARGV[4] reserve, ms   ARGV[5] longest notBefore, ms
 * ARGV[6] for how long a strict limit is remembered, ms
 * -> {1, the strictest per in ms}; {0, ms to wait, nil or the JSON of what caused it}
 *
 * A limit is remembered from when it was last requested, at least for as long as its own slot lasts: a laxer one does not keep
 * it alive. The largest reserve counts, or a slot that another sync reserved for a slow request would be clamped.
 */
export const takeScript: Script = {
  guarantee: 'no hit was made',
  lua: `${clock}
local memory = math.max(tonumber(ARGV[6]), ARGV[3] + ARGV[4])
local function strictest(field, mine, pick)
  local stored = tonumber(redis.call('HGET', KEYS[2], field) or '')
  local till = tonumber(redis.call('HGET', KEYS[2], field .. 'Until') or '0')
  if stored and till > past and stored ~= mine and pick(stored, mine) == stored then return stored end
  redis.call('HSET', KEYS[2], field, mine, field .. 'Until', now + memory)
  return mine
end
local hits = strictest('hits', tonumber(ARGV[2]), math.min)
local per = strictest('per', tonumber(ARGV[3]), math.max)
local reserve = strictest('reserve', tonumber(ARGV[4]), math.max)
redis.call('PEXPIRE', KEYS[2], memory + per + reserve)

redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', past)
local furthest = now + per + reserve
for _, grant in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', furthest), '+inf')) do
  redis.call('ZADD', KEYS[1], furthest, grant)
end
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return {1, per} end

local wait, cause = 0, false
local deferred = redis.call('GET', KEYS[3])
if deferred then
  local till, why = string.match(deferred, '^(%d+) (.*)$')
  local left = math.min(tonumber(till) - past, tonumber(ARGV[5]))
  if left > 0 then wait, cause = left, why end
end
local taken = redis.call('ZCARD', KEYS[1])
if taken >= hits then
  local at = taken - hits
  wait = math.max(wait, redis.call('ZRANGE', KEYS[1], at, at, 'WITHSCORES')[2] - past)
end
if wait > 0 then return {0, wait, cause} end

redis.call('ZADD', KEYS[1], furthest, ARGV[1])
${expireSlots}
return {1, per}
`,
};

/**
 * KEYS[1] slots   KEYS[2] limits   ARGV[1] grant   ARGV[2] ms from now at which it frees   ARGV[3] the per that is part of it
 * ARGV[4] by how much the strictest per was longer when the slot was taken
 * -> 1. A grant that was lost is added again. The strictest per that is remembered counts.
 */
export const settleScript: Script = {
  guarantee: 'the slot stays taken as long as it was reserved',
  lua: `${clock}
local stricter = tonumber(ARGV[4])
local till = tonumber(redis.call('HGET', KEYS[2], 'perUntil') or '0')
if till > past then stricter = math.max(stricter, redis.call('HGET', KEYS[2], 'per') - ARGV[3]) end
redis.call('ZADD', KEYS[1], now + ARGV[2] + stricter, ARGV[1])
${expireSlots}
return 1
`,
};

/** KEYS[1] slots   ARGV[1] grant   -> 1 if it was there, else 0 */
export const cancelScript: Script = {
  guarantee: 'the slot stays taken as long as it was reserved',
  lua: `return redis.call('ZREM', KEYS[1], ARGV[1])`,
};

/** KEYS[1] notBefore: "<ms> <JSON of the cause>"   ARGV[1] ms from now   ARGV[2] JSON   -> 1; 0 if it ends later already */
export const deferScript: Script = {
  guarantee: 'other syncs may not know that the third party asked us to stay away',
  lua: `${clock}
local till = now + ARGV[1]
local stored = tonumber(string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) ') or '0')
if stored >= till or till <= past then return 0 end
redis.call('SET', KEYS[1], string.format('%.0f', till) .. ' ' .. ARGV[2], 'PXAT', string.format('%.0f', till))
return 1
`,
};

/** KEYS[1] notBefore   -> 1 if it was there, else 0 */
export const resumeScript: Script = {
  guarantee: 'the back-off remains',
  lua: `return redis.call('DEL', KEYS[1])`,
};

/**
 * KEYS[1] slots   KEYS[2] limits   KEYS[3] notBefore   ARGV[1] hits
 * -> {ms until a slot is free, 0: now; nil or the JSON of what holds it back}. Only reads: nothing is written.
 */
export const lookScript: Script = {
  guarantee: 'nothing was changed',
  lua: `${clock}
local hits = math.min(tonumber(ARGV[1]), tonumber(redis.call('HGET', KEYS[2], 'hits') or ARGV[1]))
local wait, cause = 0, false
local till, why = string.match(redis.call('GET', KEYS[3]) or '', '^(%d+) (.*)$')
if till and tonumber(till) > past then wait, cause = tonumber(till) - past, why end
local taken = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. past, '+inf', 'WITHSCORES')
local count = #taken / 2
if count >= hits then wait = math.max(wait, tonumber(taken[2 * (count - hits + 1)]) - past) end
return {wait, cause}
`,
};

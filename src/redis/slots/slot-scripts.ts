import type { Script } from '../connection/script.ts';
import { clock, expireSlots, isKept, settleWindows, waitIn, windowsRemembered } from './slot-parts.ts';

/**
 * KEYS[1] slots   KEYS[2] limits   KEYS[3] notBefore   KEYS[4] queue   KEYS[5…] the windows, as ARGV names them
 * ARGV[1] grant   ARGV[2] ms from now at which it frees   ARGV[3] the per that is part of it, without the margin
 * ARGV[4] by how much the strictest per was longer when the slot was taken   ARGV[5] 1: the shared set has it; else only if somebody's single window was remembered when it was taken
 * ARGV[6…] of each window: per, ms; the hits that were asked for, 0 for a window of others; ms from now at which it frees
 * -> {1}; {2, per…}: windows of others that KEYS lacks. A grant that was lost is added again. The strictest limits count.
 */
export const settleScript: Script = {
  guarantee: 'the slot stays taken as long as it was reserved',
  lua: `${clock}${windowsRemembered(6, 3)}${isKept}
if ARGV[5] == '1' or redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  local stricter = math.max(tonumber(ARGV[4]), (isKept('per') or 0) - ARGV[3])
  redis.call('ZADD', KEYS[1], now + ARGV[2] + stricter, ARGV[1])
  expire(KEYS[1])
end
${settleWindows}
return {1}
`,
};

/**
 * KEYS[1] slots   KEYS[2] queue   KEYS[3…] windows   ARGV[1] grant   ARGV[2] ms from now   ARGV[3] the asker, or ''
 * ARGV[4] when it was first denied, ms   ARGV[5] ms to keep that   ARGV[6] for how long it waits from now on, ms; 0: it does not   -> 1
 */
export const postponeScript: Script = {
  guarantee: 'the slot stays taken as long as it was reserved',
  lua: `${clock}${expireSlots}
for at, key in ipairs(KEYS) do
  if at ~= 2 then
    redis.call('ZADD', key, 'XX', now + ARGV[2], ARGV[1])
    expire(key)
  end
end
if ARGV[3] ~= '' then
  local till = tonumber(ARGV[6]) > 0 and now + ARGV[6] or 0
  local present = string.format('%.0f %.0f', till, now + ARGV[5])
  redis.call('HSET', KEYS[2], ARGV[3], ARGV[4] .. ' ' .. present)
  redis.call('PEXPIRE', KEYS[2], ARGV[5])
end
return 1
`,
};

/** KEYS slots and windows   ARGV[1] grant   -> 1 */
export const cancelScript: Script = {
  guarantee: 'the slot stays taken as long as it was reserved',
  lua: `for _, key in ipairs(KEYS) do redis.call('ZREM', key, ARGV[1]) end
return 1`,
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
 * KEYS[1] slots   KEYS[2] limits   KEYS[3] notBefore   KEYS[4] queue   KEYS[5…] the windows, as ARGV names them
 * ARGV[1] hits of one window alone, or 0   ARGV[2] its per   ARGV[3] the sync   ARGV[4…] of each window: per, ms; hits, or 0
 * -> {1, ms until a slot is free, 0: now; nil or the JSON of what holds it back; for how long the sync waits, ms, or -1; how many
 * others wait}; {2, per…}: windows of others that KEYS lacks. Only reads: nothing is written.
 */
export const lookScript: Script = {
  guarantee: 'nothing was changed',
  lua: `${clock}${windowsRemembered(4, 2)}${isKept}${waitIn}
local wait, cause = 0, false
local till, why = string.match(redis.call('GET', KEYS[3]) or '', '^(%d+) (.*)$')
if till and tonumber(till) > past then wait, cause = tonumber(till) - past, why end
local stored = isKept('hits')
local hits = tonumber(ARGV[1])
if hits == 0 then hits = stored or math.huge elseif stored then hits = math.min(hits, stored) end
if hits < math.huge then wait = math.max(wait, (waitIn(KEYS[1], hits, tonumber(ARGV[2]), 0))) end
for at = 4, #ARGV, 2 do
  local most = strictestOf(ARGV[at], tonumber(ARGV[at + 1]))
  if most then wait = math.max(wait, (waitIn(KEYS[5 + (at - 4) / 2], most, tonumber(ARGV[at]), 0))) end
end
local waited, others = -1, 0
local queue = redis.call('HGETALL', KEYS[4])
for at = 1, #queue, 2 do
  local ticket, present, kept = string.match(queue[at + 1], '^(%d+) (%d+) (%d+)$')
  if queue[at] == ARGV[3] then
    if tonumber(kept) > past then waited = past - ticket end
  elseif tonumber(present) > past then
    others = others + 1
  end
end
return {1, wait, cause, waited, others}
`,
};

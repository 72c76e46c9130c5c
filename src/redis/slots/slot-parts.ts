import { mostKeptSingly } from '../../throttle.ts';

/** `past` is the last whole millisecond, for times that must be over; `now` is the next one, for times that start here. */
export const clock = `
local time = redis.call('TIME')
local past = time[1] * 1000 + math.floor(time[2] / 1000)
local now = past + (time[2] % 1000 > 0 and 1 or 0)
`;

/** `isKept(field)` -> a limit of the hash KEYS[2], as long as it is remembered; else nil. */
export const isKept = `
local function isKept(field)
  local stored = tonumber(redis.call('HGET', KEYS[2], field) or '')
  local till = tonumber(redis.call('HGET', KEYS[2], field .. 'Until') or '0')
  return till > past and stored or nil
end
`;

/** A set lives until its last slot frees. */
export const expireSlots = `
local function expire(key)
  local last = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2]
  if last then redis.call('PEXPIREAT', key, string.format('%.0f', tonumber(last) + 1)) end
end
`;

/**
 * `remembered` has the hits of each window that somebody asked for recently, by its length as text; fields `window:<per>` of
 * the hash of limits keep them. ARGV from `first` on names the windows of KEYS[5…], `step` values each. If one is missing that
 * is remembered, the script ends here, and has changed nothing.
 */
export function windowsRemembered(first: number, step: number): string {
  return `${expireSlots}
local remembered, missing = {}, {2}
local fields = redis.call('HGETALL', KEYS[2])
for at = 1, #fields, 2 do
  local per = string.match(fields[at], '^window:(%d+)$')
  local hits, till = string.match(fields[at + 1], '^(%d+) (%d+)$')
  if per and tonumber(till) > past then
    remembered[per] = tonumber(hits)
    local isNamed = false
    for named = ${first}, #ARGV, ${step} do isNamed = isNamed or ARGV[named] == per end
    if not isNamed then table.insert(missing, tonumber(per)) end
  end
end
if #missing > 1 then return missing end
local function strictestOf(per, mine)
  if mine == 0 then return remembered[per] end
  return math.min(mine, remembered[per] or mine)
end
`;
}

/**
 * `waitIn(key, hits, per, ahead)` -> ms until there is a slot for whoever has so many ahead, and until one is free at all; 0 is
 * now. A member is a grant, or `x<count>@<the last of them>` for several. Those ahead take what frees first, and keep it for a `per`.
 */
export const waitIn = `
local function waitIn(key, hits, per, ahead)
  local entries = redis.call('ZRANGEBYSCORE', key, '(' .. past, '+inf', 'WITHSCORES')
  local counts, total = {}, 0
  for at = 1, #entries, 2 do
    counts[at] = string.byte(entries[at]) == 120 and tonumber(string.match(entries[at], '^x(%d+)@') or 1) or 1
    total = total + counts[at]
  end
  local function untilFree(need)
    local rounds = math.max(0, math.ceil((need - total) / hits))
    local freed, wait = 0, 0
    for at = 1, #entries, 2 do
      if freed >= need - rounds * hits then break end
      freed, wait = freed + counts[at], tonumber(entries[at + 1]) - past
    end
    return wait + rounds * per
  end
  return untilFree(total - hits + ahead + 1), untilFree(total - hits + 1)
end
`;

/** Settles the grant in the windows that `windowsRemembered(6, 3)` knows. */
export const settleWindows = `
for at = 6, #ARGV, 3 do
  local key, per = KEYS[5 + (at - 6) / 3], tonumber(ARGV[at])
  local hits = strictestOf(ARGV[at], tonumber(ARGV[at + 1]))
  if hits then
    local frees = now + ARGV[at + 2]
    if hits <= ${mostKeptSingly} then
      redis.call('ZADD', key, frees, ARGV[1])
    else
      local grain = math.ceil(per / ${mostKeptSingly})
      local together = string.format('%.0f', math.ceil(frees / grain) * grain)
      redis.call('ZREM', key, ARGV[1])
      local count = 1
      for _, member in ipairs(redis.call('ZRANGEBYSCORE', key, together, together)) do
        local before = string.match(member, '^x(%d+)@')
        if before then
          count = count + before
          redis.call('ZREM', key, member)
        end
      end
      redis.call('ZADD', key, together, 'x' .. string.format('%.0f', count) .. '@' .. ARGV[1])
    end
    expire(key)
  end
end
`;

import type { Script } from './connection/script.ts';

const unchanged = 'the stream is unchanged';

/**
 * IDs are two numbers of 64 bits, and Lua's are exact to 2^53 only: they are compared as decimal text, by length first.
 * `field` finds a value in the flat list of names and values that XINFO answers.
 */
const ids = `
local function below(a, b)
  if #a ~= #b then return #a < #b end
  return a < b
end
local function isBefore(a, b)
  local ams, aseq = string.match(a, '^(%d+)%-(%d+)$')
  local bms, bseq = string.match(b, '^(%d+)%-(%d+)$')
  if ams ~= bms then return below(ams, bms) end
  return below(aseq, bseq)
end
local function field(list, name)
  for i = 1, #list, 2 do
    if list[i] == name then return list[i + 1] end
  end
  return false
end
`;

/**
 * KEYS[1] stream   -> nil without one; {last ID, length, first ID or nil, then per group {name, last delivered ID, pending,
 * lag or nil, oldest pending ID or nil}}
 */
export const stateScript: Script = {
  guarantee: unchanged,
  lua: `${ids}
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
local info = redis.call('XINFO', 'STREAM', KEYS[1])
local first = field(info, 'first-entry')
local state = {field(info, 'last-generated-id'), field(info, 'length'), first and first[1]}
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  state[#state + 1] = {
    field(group, 'name'), field(group, 'last-delivered-id'), field(group, 'pending'), field(group, 'lag'),
    redis.call('XPENDING', KEYS[1], field(group, 'name'))[2]
  }
end
return state
`,
};

/**
 * KEYS[1] stream   ARGV[1] generation   ARGV[2], ARGV[3] the ID `after`   ARGV[4] room   ARGV[5] the first seq
 * ARGV[6] how many events   ARGV[7] the events, each of which ends with a newline
 * -> {'appended', last ID, appended, duplicates, length}; {'gap'}; {'generation-ahead', last ID}
 *
 * The events come as the bytes that the client has, and are cut here. Only the first ID is written out: Redis makes the next ones.
 */
export const appendScript: Script = {
  guarantee: 'the events stay in the outbox until Redis accepts them',
  lua: `${ids}
local generation, first, last = ARGV[1], ARGV[5], '0-0'
if redis.call('EXISTS', KEYS[1]) == 1 then
  last = field(redis.call('XINFO', 'STREAM', KEYS[1]), 'last-generated-id')
end
local ms, seq = string.match(last, '^(%d+)%-(%d+)$')
if below(generation, ms) then return {'generation-ahead', last} end
if isBefore(last, ARGV[2] .. '-' .. ARGV[3]) then return {'gap'} end
local count, duplicates = tonumber(ARGV[6]), 0
local function numbered(n) return string.format('%.0f', n) end
if count > 0 and ms == generation and not below(seq, first) then
  duplicates = below(seq, numbered(first + count - 1)) and seq - first + 1 or count
end
local appended = math.min(count - duplicates, tonumber(ARGV[4]))
if appended > 0 then
  local call, key, lines, find, sub = redis.call, KEYS[1], ARGV[7], string.find, string.sub
  local at, id, nextId = 1, generation .. '-' .. numbered(first + duplicates), generation .. '-*'
  for _ = 1, duplicates do at = find(lines, '\\n', at, true) + 1 end
  for _ = 1, appended do
    local stop = find(lines, '\\n', at, true)
    last = call('XADD', key, id, 'event', sub(lines, at, stop - 1))
    id, at = nextId, stop + 1
  end
end
return {'appended', last, math.max(appended, 0), duplicates, redis.call('XLEN', KEYS[1])}
`,
};

/** KEYS[1] stream   ARGV[1] ID   -> a list of the entry, or an empty one */
export const readScript: Script = {
  guarantee: unchanged,
  lua: `return redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])`,
};

/**
 * KEYS[1] stream   ARGV[1] how many to keep without any group   ARGV[2..] groups that must exist
 * -> {'trimmed', removed, length}; {'group-missing', its name}
 * What a group still needs starts at its oldest pending entry, or at the first one that was not delivered to it.
 */
export const trimScript: Script = {
  guarantee: 'nothing was trimmed',
  lua: `${ids}
local isThere = redis.call('EXISTS', KEYS[1]) == 1
local groups = isThere and redis.call('XINFO', 'GROUPS', KEYS[1]) or {}
local names, needed = {}, false
for _, group in ipairs(groups) do
  local name = field(group, 'name')
  names[name] = true
  local oldest = redis.call('XPENDING', KEYS[1], name)[2]
  if not oldest then
    local delivered = field(group, 'last-delivered-id')
    local after = redis.pcall('XRANGE', KEYS[1], '(' .. delivered, '+', 'COUNT', 1)
    oldest = after[1] and after[1][1]
  end
  if oldest and (not needed or isBefore(oldest, needed)) then needed = oldest end
end
for i = 2, #ARGV do
  if not names[ARGV[i]] then return {'group-missing', ARGV[i]} end
end
if not isThere then return {'trimmed', 0, 0} end
local removed
if #groups == 0 then
  removed = redis.call('XTRIM', KEYS[1], 'MAXLEN', ARGV[1])
elseif needed then
  removed = redis.call('XTRIM', KEYS[1], 'MINID', needed)
else
  removed = redis.call('XTRIM', KEYS[1], 'MAXLEN', 0)
end
return {'trimmed', removed, redis.call('XLEN', KEYS[1])}
`,
};

/**
 * KEYS[1] stream   ARGV[1] group   ARGV[2] the ID after which it starts   -> 'made'; 'existed'; 'behind', and it was not made
 * The stream has all that comes after an ID if nothing does, or if its first entry is the next one, or older. The first
 * entry of a later generation is the next one if its number is 1. `0-0` stands for the first entry, whichever it is.
 */
export const groupScript: Script = {
  guarantee: 'nothing was read',
  lua: `${ids}
local function isNext(first, after)
  local fms, fseq = string.match(first, '^(%d+)%-(%d+)$')
  local ams, aseq = string.match(after, '^(%d+)%-(%d+)$')
  if below(fms, ams) then return true end
  if fms ~= ams then return fseq == '1' end
  return tonumber(fseq) <= tonumber(aseq) + 1
end
if ARGV[2] ~= '0-0' and redis.call('EXISTS', KEYS[1]) == 1 then
  for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    if field(group, 'name') == ARGV[1] then return 'existed' end
  end
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  local last, first = field(info, 'last-generated-id'), field(info, 'first-entry')
  if isBefore(ARGV[2], last) and not (first and isNext(first[1], ARGV[2])) then return 'behind' end
end
local made = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], ARGV[2], 'MKSTREAM')
if not made.err then return 'made' end
if string.find(made.err, 'BUSYGROUP', 1, true) then return 'existed' end
return made
`,
};

/** KEYS[1] stream   ARGV[1] group   -> 1 if it was there, else 0 */
export const dropGroupScript: Script = {
  guarantee: 'the group may still be there',
  lua: `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
return redis.call('XGROUP', 'DESTROY', KEYS[1], ARGV[1])
`,
};

/** KEYS[1] stream   -> 1 if it was there, else 0 */
export const removeScript: Script = {
  guarantee: 'the stream may still be there',
  lua: `return redis.call('DEL', KEYS[1])`,
};

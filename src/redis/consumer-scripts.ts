import type { Script } from './connection/script.ts';

const stillPending = 'what was read stays pending and is delivered again';

/** Only the holder of its lease reads an ordered group: a reader that was paused must not read what is another's now. */
const demandLease = `
if KEYS[2] then
  local holder = redis.call('GET', KEYS[2])
  if not holder or not string.find(holder, ARGV[3], 1, true) then return {'lease-lost'} end
end
`;

/** `pendingOf` gives {ID, consumer, idle ms, deliveries} of a pending entry of the group ARGV[1], or nil. */
const pendingOf = `
local function pendingOf(id) return redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1)[1] end
local function isOurs(pending) return pending and pending[2] == ARGV[2] end
`;

/** The event of an entry of ours, which has one field; false if somebody else wrote the entry, or trimmed it. */
const eventOf = `
local function eventOf(fields) return fields and #fields == 2 and fields[1] == 'event' and fields[2] end
`;

/**
 * KEYS[1] stream   KEYS[2] the lease of an ordered group   ARGV[1] group   ARGV[2] consumer   ARGV[3] the lease's token
 * ARGV[4] how many   ARGV[5] the last ID that this consumer was given
 * -> {'taken', the stream's last ID as far as it matters, then ID and event of each entry}; {'lease-lost'}
 * What is pending for the consumer after that ID was in a lost reply: it is returned first.
 */
export const readNewScript: Script = {
  guarantee: stillPending,
  lua: `${demandLease}${eventOf}
local function read(after)
  local reply = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', ARGV[4], 'STREAMS', KEYS[1], after)
  return reply and reply[1] and reply[1][2] or {}
end
local entries = read(ARGV[5])
if #entries == 0 then entries = read('>') end
if #entries > 0 then
  local reply = {'taken', entries[#entries][1]}
  for i, entry in ipairs(entries) do
    reply[2 * i + 1] = entry[1]
    reply[2 * i + 2] = eventOf(entry[2])
  end
  return reply
end
local info = redis.call('XINFO', 'STREAM', KEYS[1])
for i = 1, #info, 2 do
  if info[i] == 'last-generated-id' then return {'taken', info[i + 1]} end
end
`,
};

/**
 * KEYS and ARGV[1..3] as above   ARGV[4] how many   ARGV[5] from which ID on   ARGV[6] how long untouched, in ms
 * -> {'claimed', where to go on, entries of {ID, deliveries, event}, IDs that were trimmed}; {'lease-lost'}
 */
export const claimScript: Script = {
  guarantee: stillPending,
  lua: `${demandLease}${pendingOf}${eventOf}
local reply = redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[6], ARGV[5], 'COUNT', ARGV[4], 'JUSTID')
local entries = {}
for i, id in ipairs(reply[2]) do
  entries[i] = {id, pendingOf(id)[4], eventOf(redis.call('XRANGE', KEYS[1], id, id)[1][2])}
end
return {'claimed', reply[1], entries, reply[3] or {}}
`,
};

/** KEYS[1] stream   ARGV[1] group   ARGV[2] consumer   ARGV[3] ID   ARGV[4] its deliveries from now on   -> 1; 0 if it is another's */
export const beginScript: Script = {
  guarantee: stillPending,
  lua: `${pendingOf}
if not isOurs(pendingOf(ARGV[3])) then return 0 end
redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[3], 'RETRYCOUNT', ARGV[4], 'JUSTID')
return 1
`,
};

/**
 * KEYS[1] stream   ARGV[1] group   ARGV[2] consumer   ARGV[3..] IDs   -> those that are another consumer's now
 *
 * Where nobody else has anything pending, all are ours or nobody's. Otherwise one XPENDING over their range finds most of them,
 * and only those that it misses are looked up one by one.
 */
export const acknowledgeScript: Script = {
  guarantee: 'what was not acknowledged is delivered again',
  lua: `${pendingOf}
local consumers = redis.call('XPENDING', KEYS[1], ARGV[1])[4] or {}
if #consumers == 0 then return {} end
if #consumers == 1 and consumers[1][1] == ARGV[2] then
  redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 3))
  return {}
end
local lost, ours, inOne = {}, {}, {}
for _, pending in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[#ARGV], #ARGV - 2, ARGV[2])) do
  inOne[pending[1]] = true
end
for i = 3, #ARGV do
  local pending = not inOne[ARGV[i]] and pendingOf(ARGV[i])
  if inOne[ARGV[i]] or isOurs(pending) then ours[#ours + 1] = ARGV[i]
  elseif pending then lost[#lost + 1] = ARGV[i] end
end
if #ours > 0 then redis.call('XACK', KEYS[1], ARGV[1], unpack(ours)) end
return lost
`,
};

/** KEYS[1] stream   ARGV[1] group   ARGV[2] consumer   ARGV[3..] IDs   -> those that are not ours any more */
export const keepAliveScript: Script = {
  guarantee: 'another consumer may take over what is being worked on',
  lua: `${pendingOf}
local lost = {}
for i = 3, #ARGV do
  if isOurs(pendingOf(ARGV[i])) then redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
  else lost[#lost + 1] = ARGV[i] end
end
return lost
`,
};

/**
 * KEYS[1] stream   ARGV[1] group   ARGV[2] consumer   ARGV[3] idle ms from now on   ARGV[4..] pairs of an ID and the
 * deliveries that it will have   -> how many were ours
 */
export const handBackScript: Script = {
  guarantee: 'other consumers take over what was in hand after a while',
  lua: `${pendingOf}
local count = 0
for i = 4, #ARGV, 2 do
  if isOurs(pendingOf(ARGV[i])) then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'IDLE', ARGV[3], 'RETRYCOUNT', ARGV[i + 1], 'JUSTID')
    count = count + 1
  end
end
return count
`,
};

/**
 * KEYS[1] stream   ARGV[1] group   ARGV[2] idle ms   ARGV[3] only this consumer, or empty   -> how many were removed
 * Redis drops pending entries together with their consumer (redis/redis#9745), so a consumer that has some stays.
 */
export const removeConsumersScript: Script = {
  guarantee: 'consumers that have ended stay listed',
  lua: `
local count = 0
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local facts = {}
  for i = 1, #consumer, 2 do facts[consumer[i]] = consumer[i + 1] end
  local isMeant = ARGV[3] == '' or ARGV[3] == facts.name
  if isMeant and facts.pending == 0 and facts.idle >= tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], facts.name)
    count = count + 1
  end
end
return count
`,
};

/** KEYS[1] stream   ARGV[1] group   -> the last ID that was delivered to it; nil without such a group */
export const deliveredScript: Script = {
  guarantee: 'nothing was read',
  lua: `
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local facts = {}
  for i = 1, #group, 2 do facts[group[i]] = group[i + 1] end
  if facts.name == ARGV[1] then return facts['last-delivered-id'] end
end
return false
`,
};

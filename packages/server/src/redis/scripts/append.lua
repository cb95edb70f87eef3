-- Appends commands to the stream of a partition, as many as its backlog admits.
-- Keys     1 stream of the partition · 2 hash with the `entries` of the stream, and their `bytes`, as the last script left them
-- Args     1 entries the stream may hold · 2 bytes its bodies may have · 3 entries that cannot have as many bytes, whatever they
--          are · 4… bodies, in order
-- Returns  how many were appended; those after them were refused: 0 when there are none, 1 for the entries, 2 for the bytes
-- Atomic   so that looking at the length and appending are one: many processes append, and none goes past the backlog.
--
-- Bytes are counted only in a stream that could be full of them: from arg 3 entries on, and until half as many are left, so that
-- a length that goes up and down around that number is not counted anew each time.

-- Entries read at a time when they are counted anew.
local CHUNK = 100

local function bytes_of(stream)
  local bytes, from = 0, '-'
  while true do
    local entries = redis.call('XRANGE', stream, from, '+', 'COUNT', CHUNK)
    for _, entry in ipairs(entries) do
      bytes = bytes + #entry[2][2]
    end
    if #entries < CHUNK then
      return bytes
    end
    from = '(' .. entries[#entries][1]
  end
end

local most, most_bytes, uncounted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local length = redis.call('XLEN', KEYS[1])
local after = length + #ARGV - 3
local bytes
if after > uncounted / 2 then
  local counted = redis.call('HMGET', KEYS[2], 'entries', 'bytes')
  if counted[1] then
    local entries = tonumber(counted[1]) or 0
    bytes = tonumber(counted[2]) or 0
    if entries ~= length then
      -- A process that counts from another number on changed the stream alone, or a person did: what is there is taken to be of
      -- the size of what was counted.
      bytes = entries > 0 and math.floor(bytes / entries * length) or bytes_of(KEYS[1])
    end
  elseif after > uncounted then
    bytes = bytes_of(KEYS[1])
  end
end
local id = '*'
if length == 0 and redis.call('EXISTS', KEYS[1]) == 0 then
  -- A stream that was wiped begins anew above its former self, also within the same millisecond, so that a reader of that
  -- one does not take its entries for read: at a number that grows faster than entries can be appended.
  local now = redis.call('TIME')
  id = string.format('%.0f-%.0f', now[1] * 1000 + math.floor(now[2] / 1000), (now[2] % 1000 + 1) * 1000)
end
local accepted = 0
local full = 0
for index = 4, #ARGV do
  if length >= most then
    full = 1
  elseif bytes and bytes + #ARGV[index] > most_bytes then
    full = 2
  end
  if full > 0 then
    break
  end
  redis.call('XADD', KEYS[1], id, 'body', ARGV[index])
  id = '*'
  accepted = accepted + 1
  length = length + 1
  bytes = bytes and bytes + #ARGV[index]
end
if bytes and accepted > 0 then
  redis.call('HSET', KEYS[2], 'entries', length, 'bytes', string.format('%.0f', bytes))
end
return { accepted, full }

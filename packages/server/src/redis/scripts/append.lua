-- Appends commands to the stream of a partition, as many as its backlog admits.
-- Keys     1 stream of the partition · 2 hash with the `entries` of the stream, and their `bytes`, as the last script left them
-- Args     1 entries the stream may hold · 2 bytes its bodies may have · 3… bodies, in order
-- Returns  how many were appended; those after them were refused: 0 when there are none, 1 for the entries, 2 for the bytes
-- Atomic   so that looking at the length and appending are one: many processes append, and none goes past the backlog.
local length = redis.call('XLEN', KEYS[1])
local bytes = 0
if length > 0 then
  local counted = redis.call('HMGET', KEYS[2], 'entries', 'bytes')
  local entries = tonumber(counted[1] or 0) or 0
  bytes = tonumber(counted[2] or 0) or 0
  if entries ~= length then
    -- Somebody changed the stream alone: a process of an older version, or a person. What is there is taken to be of the size
    -- of what was counted, until the stream is empty the next time; where nothing was, to be of 1 KiB.
    bytes = entries > 0 and math.floor(bytes / entries * length) or length * 1024
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
for index = 3, #ARGV do
  if length >= tonumber(ARGV[1]) then
    full = 1
  elseif bytes + #ARGV[index] > tonumber(ARGV[2]) then
    full = 2
  end
  if full > 0 then
    break
  end
  redis.call('XADD', KEYS[1], id, 'body', ARGV[index])
  id = '*'
  accepted = accepted + 1
  length = length + 1
  bytes = bytes + #ARGV[index]
end
if accepted > 0 then
  redis.call('HSET', KEYS[2], 'entries', length, 'bytes', string.format('%.0f', bytes))
end
return { accepted, full }

#!lua flags=allow-oom
-- Removes entries from the stream of a partition.
-- Keys     1 stream of the partition · 2 hash with its `entries` and their `bytes`; see append.lua
-- Args     1 bytes of the entries' bodies together · 2… ids of the entries
-- Returns  how many were there
-- Atomic   so that what the hash counts is what the stream holds.
local before = redis.call('XLEN', KEYS[1])
local removed = redis.call('XDEL', KEYS[1], unpack(ARGV, 2))
if removed == before then
  redis.call('DEL', KEYS[2])
elseif removed > 0 then
  local counted = redis.call('HMGET', KEYS[2], 'entries', 'bytes')
  if tonumber(counted[1] or 0) == before then
    -- Of entries that were there in part, the average.
    local bytes = (tonumber(counted[2]) or 0) - tonumber(ARGV[1]) * removed / (#ARGV - 1)
    redis.call('HSET', KEYS[2], 'entries', before - removed, 'bytes', string.format('%.0f', math.max(0, bytes)))
  end
end
return removed

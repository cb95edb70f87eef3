#!lua flags=allow-oom
-- Removes entries from the stream of a partition.
-- Keys     1 stream of the partition · 2 hash with its `entries` and their `bytes`; see append.lua
-- Args     1 entries that cannot fill the backlog, as append.lua has them · 2 bytes of the entries' bodies together · 3… ids of
--          the entries
-- Returns  how many were there
-- Atomic   so that what the hash counts is what the stream holds.
local before = redis.call('XLEN', KEYS[1])
local removed = redis.call('XDEL', KEYS[1], unpack(ARGV, 3))
local half = tonumber(ARGV[1]) / 2
if removed == 0 or (before <= half and removed < before) then
  return removed
end
if removed == before or before - removed <= half then
  redis.call('DEL', KEYS[2])
  return removed
end
local counted = redis.call('HMGET', KEYS[2], 'entries', 'bytes')
if tonumber(counted[1] or -1) == before then
  -- Of entries that were there in part, the average.
  local bytes = (tonumber(counted[2]) or 0) - tonumber(ARGV[2]) * removed / (#ARGV - 2)
  redis.call('HSET', KEYS[2], 'entries', before - removed, 'bytes', string.format('%.0f', math.max(0, bytes)))
end
return removed

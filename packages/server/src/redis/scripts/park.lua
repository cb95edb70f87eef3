#!lua flags=allow-oom
-- Moves an entry to the dead letters of its partition.
-- Keys     1 stream of the partition · 2 its dead letters · 3 hash with the `entries` of the stream, and their `bytes`, where
--          they are counted; see append.lua
-- Args     1 id of the entry · 2 dead letters kept at most · 3 reason · 4 body · 5 ms for which dead letters are kept
-- Returns  1 when it was moved, 0 when it was no longer there (another owner acknowledged or parked it)
-- Atomic   so that it is in one of the two at any moment, and parked once however often the call is repeated.
if redis.call('XDEL', KEYS[1], ARGV[1]) == 0 then
  return 0
end
if redis.call('EXISTS', KEYS[3]) == 1 then
  redis.call('HINCRBY', KEYS[3], 'entries', -1)
  redis.call('HINCRBY', KEYS[3], 'bytes', -#ARGV[4])
end
local now = redis.call('TIME')
local at = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000))
redis.call('XADD', KEYS[2], 'MAXLEN', '=', ARGV[2], '*', 'reason', ARGV[3], 'at', at, 'body', ARGV[4])
redis.call('XTRIM', KEYS[2], 'MINID', string.format('%.0f', at - ARGV[5]))
redis.call('PEXPIRE', KEYS[2], ARGV[5])
return 1

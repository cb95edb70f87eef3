#!lua flags=allow-oom
-- Lists a node, or withdraws it, and forgets those whose time is over.
-- Keys     1 sorted set `<role> <node> <stamp> <commands>` → ms until; release 0.1 writes no commands
-- Args     1 node · 2 stamp · 3 ms it is listed from now · 4 its row; without 3 and 4 it is withdrawn
-- Returns  nothing
-- Atomic   so that a node is never listed twice, such as in two roles; a script also so that time is Redis's: clocks of nodes differ.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, row in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '+inf')) do
  local node, stamp = string.match(row, '^%S+ (%S+) (%S*)')
  if node == ARGV[1] and stamp == ARGV[2] then
    redis.call('ZREM', KEYS[1], row)
  end
end
if not ARGV[3] then
  return false
end
local ttl = tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', now))
-- Who is listed for longer than any node is has been since before the server's clock was set back.
for _, row in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], string.format('(%.0f', now + ttl), '+inf')) do
  redis.call('ZADD', KEYS[1], string.format('%.0f', now + ttl), row)
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ttl), ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return false

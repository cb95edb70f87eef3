-- Lists a node, and forgets those whose time is over.
-- Keys     1 sorted set `<role> <node>` → ms until
-- Args     1 ms it is listed from now · 2 `<role> <node>` · 3… the same node in its other roles
-- Returns  nothing
-- Atomic   so that a node is never listed in two roles; a script also so that time is Redis's: clocks of nodes differ.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ttl = tonumber(ARGV[1])
redis.call('ZREM', KEYS[1], unpack(ARGV, 3))
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', now))
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ttl), ARGV[2])
if redis.call('PTTL', KEYS[1]) < ttl then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return false

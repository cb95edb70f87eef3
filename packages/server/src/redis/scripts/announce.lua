#!lua flags=allow-oom
-- Lists a node, and forgets those whose time is over.
-- Keys     1 sorted set `<role> <node> <stamp>` → ms until
-- Args     1 ms it is listed from now · 2 `<role> <node> <stamp>` · 3… the same node in its other roles
-- Returns  nothing
-- Atomic   so that a node is never listed in two roles; a script also so that time is Redis's: clocks of nodes differ.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ttl = tonumber(ARGV[1])
redis.call('ZREM', KEYS[1], unpack(ARGV, 3))
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', now))
-- Who is listed for longer than any node is has been since before the server's clock was set back.
for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], string.format('(%.0f', now + ttl), '+inf')) do
  redis.call('ZADD', KEYS[1], string.format('%.0f', now + ttl), node)
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ttl), ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return false

#!lua flags=allow-oom
-- Says that a node holds feeds of users.
-- Keys     one sorted set per user, node → ms until
-- Args     1 node · 2 ms it holds from now
-- Returns  nothing
-- Atomic   not needed; a script so that all users cost one round trip, and so that time is Redis's: clocks of nodes differ.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ttl = tonumber(ARGV[2])
local past = string.format('(%.0f', now)
local till = string.format('%.0f', now + ttl)
for _, key in ipairs(KEYS) do
  -- Nodes that died are forgotten here: a user who is always online somewhere keeps the key alive.
  redis.call('ZREMRANGEBYSCORE', key, '-inf', past)
  redis.call('ZADD', key, till, ARGV[1])
  if redis.call('PTTL', key) < ttl then
    redis.call('PEXPIRE', key, ARGV[2])
  end
end
return false

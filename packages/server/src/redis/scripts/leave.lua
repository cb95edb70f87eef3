#!lua flags=allow-oom
-- Says that a node holds no feed of users.
-- Keys     one sorted set per user, node → ms until
-- Args     1 node
-- Returns  nothing
-- Atomic   not needed; a script so that all users cost one round trip.
for _, key in ipairs(KEYS) do
  redis.call('ZREM', key, ARGV[1])
end
return false

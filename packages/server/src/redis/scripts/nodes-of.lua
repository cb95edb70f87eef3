-- Finds the nodes that hold feeds of users.
-- Keys     one sorted set per user, node → ms until
-- Args     none
-- Returns  a list of nodes per user, in order
-- Atomic   not needed; a script so that all users cost one round trip, and so that time is Redis's: clocks of nodes differ.
local time = redis.call('TIME')
local now = string.format('(%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local found = {}
for index, key in ipairs(KEYS) do
  found[index] = redis.call('ZRANGEBYSCORE', key, now, '+inf')
end
return found

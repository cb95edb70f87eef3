#!lua flags=allow-oom
-- Lists the nodes, of any role, whose time is not over.
-- Keys     1 sorted set `<role> <node> <stamp> <commands>` → ms until
-- Args     none
-- Returns  the row of each
-- Atomic   not needed; a script so that time is Redis's: clocks of nodes differ.
local time = redis.call('TIME')
return redis.call('ZRANGEBYSCORE', KEYS[1], string.format('(%.0f', time[1] * 1000 + math.floor(time[2] / 1000)), '+inf')

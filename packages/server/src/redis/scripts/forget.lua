#!lua flags=allow-oom
-- Throws counters of users of one bucket away that stand higher than they can.
-- Keys     1 hash user → seq; see raise.lua
-- Args     users, then for each the highest seq that its counter may have
-- Returns  how many were thrown away
-- Atomic   so that a counter that another writer has restored meanwhile stays.
local users = #ARGV / 2
local forgotten = 0
for index = 1, users do
  local field = redis.call('HGET', KEYS[1], ARGV[index])
  local seq = field and tonumber(string.match(field, '^%d+'))
  if seq and seq > tonumber(ARGV[users + index]) then
    forgotten = forgotten + redis.call('HDEL', KEYS[1], ARGV[index])
  end
end
return forgotten

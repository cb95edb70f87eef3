-- Takes or renews the lease of a partition.
-- Keys     1 lease
-- Args     1 node that wants it · 2 ms it shall last
-- Returns  1 when the node holds it, 0 when another one does
-- Atomic   so that nobody takes it between looking at the owner and renewing.
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1

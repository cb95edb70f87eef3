#!lua flags=allow-oom
-- Takes or renews the lease of a partition.
-- Keys     1 lease: `<stamp>/<node>`
-- Args     1 stamp of the deployment · 2 node that wants it · 3 ms it shall last
-- Returns  1 when the node holds it, 0 when another one of the deployment does
-- Atomic   so that nobody takes it between looking at the owner and renewing.
local stamp = ARGV[1] .. '/'
local mine = stamp .. ARGV[2]
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= mine and string.sub(owner, 1, #stamp) == stamp then
  -- A lease that has longer to go than any is given: the server's clock was set back, and its owner may be dead.
  if redis.call('PTTL', KEYS[1]) > tonumber(ARGV[3]) then
    redis.call('PEXPIRE', KEYS[1], ARGV[3])
  end
  return 0
end
redis.call('SET', KEYS[1], mine, 'PX', ARGV[3])
return 1

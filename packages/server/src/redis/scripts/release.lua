#!lua flags=allow-oom
-- Frees the lease of a partition.
-- Keys     1 lease
-- Args     1 `<stamp>/<node>` that gives it up
-- Returns  1 when it was the node's, 0 otherwise
-- Atomic   so that a lease that another node took meanwhile is left to it.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0

#!lua flags=allow-oom
-- Remembers refusals of a partition.
-- Keys     1 stream of its refusals
-- Args     1 refusals kept at most · 2 ms to keep them · then for each: actor, command, retry, error text
-- Returns  1
-- Atomic   so that they are never left without an expiry, and one call is one trip however many there are.
for first = 3, #ARGV, 4 do
  redis.call('XADD', KEYS[1], 'MAXLEN', '=', ARGV[1], '*',
    'actor', ARGV[first], 'command', ARGV[first + 1], 'retry', ARGV[first + 2], 'error', ARGV[first + 3])
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1

-- Appends commands to the stream of a partition, as many as its backlog admits.
-- Keys     1 stream of the partition
-- Args     1 backlog: entries the stream may hold · 2… bodies, in order
-- Returns  how many were appended; those after them were refused
-- Atomic   so that looking at the length and appending are one: many processes append, and none goes past the backlog.
local length = redis.call('XLEN', KEYS[1])
local free = tonumber(ARGV[1]) - length
local accepted = math.max(0, math.min(free, #ARGV - 1))
local id = '*'
if accepted > 0 and length == 0 and redis.call('EXISTS', KEYS[1]) == 0 then
  -- A stream that was wiped begins anew above its former self, also within the same millisecond, so that a reader of that
  -- one does not take its entries for read: at a number that grows faster than entries can be appended.
  local now = redis.call('TIME')
  id = string.format('%.0f-%.0f', now[1] * 1000 + math.floor(now[2] / 1000), (now[2] % 1000 + 1) * 1000)
end
for index = 1, accepted do
  redis.call('XADD', KEYS[1], id, 'body', ARGV[index + 1])
  id = '*'
end
return accepted

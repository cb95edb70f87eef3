#!lua flags=allow-oom
-- Gives the claim of a prefix up by hand.
-- Keys     1 hash of the claim; see claim.lua
-- Args     none
-- Returns  how many processes live on it: it was given up when there are none
-- Atomic   so that no process begins to live on it meanwhile.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = redis.call('HGETALL', KEYS[1])
local living = 0
for index = 1, #found, 2 do
  local till = string.match(found[index], '^node:') and tonumber(string.match(found[index + 1], '^%d+'))
  if till and till > now then
    living = living + 1
  end
end
if living == 0 then
  redis.call('DEL', KEYS[1])
end
return living

#!lua flags=allow-oom
-- Finds the nodes that hold feeds of users.
-- Keys     one sorted set per user, node → ms until
-- Args     none
-- Returns  a text with a word per user, in order: the places of their nodes in what follows it, from 0, joined by commas; an
--          empty word for none. Then the nodes. Most users of a large group are on few nodes: to name those once for all is a
--          tenth of the work of a list per user.
-- Atomic   not needed; a script so that all users cost one round trip, and so that time is Redis's: clocks of nodes differ.
local time = redis.call('TIME')
local now = string.format('(%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local answer = { '' }
local places = {}
local words = {}
for index, key in ipairs(KEYS) do
  local nodes = redis.call('ZRANGEBYSCORE', key, now, '+inf')
  for each, node in ipairs(nodes) do
    if not places[node] then
      places[node] = #answer - 1
      answer[#answer + 1] = node
    end
    nodes[each] = places[node]
  end
  words[index] = table.concat(nodes, ',')
end
answer[1] = table.concat(words, ' ')
return answer

#!lua flags=allow-oom
-- Moves the counters of users.
-- Keys     hashes user → seq, one per bucket of users; see raise.lua for what a field holds
-- Args     1 ms for which a counter counts as restored · then for each key: how many users, the users, and as many counts
--          (≥ 1) in the same order
-- Returns  the new value of each, in order, below zero where the counter counts as restored; false where there is none
-- Atomic   so that no seq is given twice: two writers that number the same user get ranges that don't overlap.
local info = redis.pcall('INFO', 'server')
local life = type(info) == 'string' and string.match(info, 'run_id:(%x+)') or ''
local now
local values = {}
local at = 2
for _, key in ipairs(KEYS) do
  local users = tonumber(ARGV[at])
  local found = redis.call('HMGET', key, '', unpack(ARGV, at + 1, at + users))
  if found[1] and found[1] ~= life then
    redis.call('UNLINK', key)
  end
  local moved = {}
  for index = 1, users do
    local field = found[1] == life and found[index + 1]
    local value = false
    if field then
      local before, restoredAt = string.match(field, '^(%d+) ?(%d*)$')
      value = before and tonumber(before) + tonumber(ARGV[at + users + index]) or false
      -- What was not written by these scripts, or can't be counted on exactly, is no counter.
      if value and value > 9007199254740991 then
        value = false
      end
      local seq = value and string.format('%.0f', value)
      if value and restoredAt ~= '' then
        if not now then
          local time = redis.call('TIME')
          now = time[1] * 1000 + math.floor(time[2] / 1000)
        end
        if now - restoredAt < tonumber(ARGV[1]) then
          seq = seq .. ' ' .. restoredAt
          value = -value
        end
      end
      if value then
        moved[#moved + 1] = ARGV[at + index]
        moved[#moved + 1] = seq
      end
    end
    values[#values + 1] = value
  end
  if #moved > 0 then
    redis.call('HSET', key, unpack(moved))
  end
  at = at + 1 + 2 * users
end
return values

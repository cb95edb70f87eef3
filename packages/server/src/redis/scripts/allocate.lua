-- Moves the counters of users.
-- Keys     hashes user → seq, one per bucket of users
-- Args     for each key: how many users, the users, and as many counts (≥ 1) in the same order
-- Returns  the new value of each, in order; false where there is no counter
-- Atomic   so that no seq is given twice: two writers that number the same user get ranges that don't overlap.
local values = {}
local at = 1
for _, key in ipairs(KEYS) do
  local users = tonumber(ARGV[at])
  local seqs = redis.call('HMGET', key, unpack(ARGV, at + 1, at + users))
  local moved = {}
  for index = 1, users do
    local seq = tonumber(seqs[index])
    if seq then
      seq = seq + tonumber(ARGV[at + users + index])
      moved[#moved + 1] = ARGV[at + index]
      moved[#moved + 1] = string.format('%.0f', seq)
    end
    values[#values + 1] = seq or false
  end
  if #moved > 0 then
    redis.call('HSET', key, unpack(moved))
  end
  at = at + 1 + 2 * users
end
return values

-- Moves the counters of users of one bucket.
-- Keys     1 hash user → seq
-- Args     users, then as many counts (≥ 1) in the same order
-- Returns  the new value of each, in order; false where there is no counter
-- Atomic   so that no seq is given twice: two writers that number the same user get ranges that don't overlap.
local users = #ARGV / 2
local seqs = redis.call('HMGET', KEYS[1], unpack(ARGV, 1, users))
local moved = {}
for index = 1, users do
  local seq = tonumber(seqs[index])
  if seq then
    seq = seq + tonumber(ARGV[users + index])
    seqs[index] = seq
    moved[#moved + 1] = ARGV[index]
    moved[#moved + 1] = string.format('%.0f', seq)
  else
    seqs[index] = false
  end
end
if #moved > 0 then
  redis.call('HSET', KEYS[1], unpack(moved))
end
return seqs

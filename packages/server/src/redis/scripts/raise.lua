-- Brings counters of users of one bucket up to what the store knows.
-- Keys     1 hash user → seq
-- Args     users, then as many heads in the same order
-- Returns  how many were created or raised
-- Atomic   so that a counter that moves meanwhile is never set back.
local users = #ARGV / 2
local seqs = redis.call('HMGET', KEYS[1], unpack(ARGV, 1, users))
local raised = {}
for index = 1, users do
  local seq = tonumber(seqs[index])
  local head = tonumber(ARGV[users + index])
  if not seq or seq < head then
    raised[#raised + 1] = ARGV[index]
    raised[#raised + 1] = string.format('%.0f', head)
  end
end
if #raised > 0 then
  redis.call('HSET', KEYS[1], unpack(raised))
end
return #raised / 2

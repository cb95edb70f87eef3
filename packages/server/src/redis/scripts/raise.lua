-- Brings counters of users of one bucket up to what the store knows.
-- Keys     1 hash user → seq, followed by a space and the ms at which it was restored; and under the empty field, the life
--          of the server that wrote it. A server that was started again, or was a replica before, may have lost what came
--          last: counters of another life are thrown away.
-- Args     users, then as many heads in the same order
-- Returns  how many were created or raised
-- Atomic   so that a counter that moves meanwhile is never set back.
local info = redis.pcall('INFO', 'server')
local life = type(info) == 'string' and string.match(info, 'run_id:(%x+)') or ''
local users = #ARGV / 2
local found = redis.call('HMGET', KEYS[1], '', unpack(ARGV, 1, users))
local raised = {}
if found[1] ~= life then
  redis.call('UNLINK', KEYS[1])
  raised = { '', life }
end
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local created = 0
for index = 1, users do
  local seq = found[1] == life and found[index + 1] and tonumber(string.match(found[index + 1], '^%d+'))
  local head = tonumber(ARGV[users + index])
  if not seq or seq < head then
    created = created + 1
    raised[#raised + 1] = ARGV[index]
    raised[#raised + 1] = string.format('%.0f %s', head, now)
  end
end
if #raised > 0 then
  redis.call('HSET', KEYS[1], unpack(raised))
end
return created

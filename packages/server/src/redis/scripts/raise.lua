#!lua flags=allow-oom
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
  local field = found[1] == life and found[index + 1]
  local seq = field and tonumber((string.match(field, '^(%d+) ?%d*$')))
  local head = tonumber(ARGV[users + index])
  -- One within a million of the largest exact number was not counted up to it, and nothing can be allocated from it.
  if not seq or seq < head or seq > 9007199253740991 then
    created = created + 1
    raised[#raised + 1] = ARGV[index]
    raised[#raised + 1] = string.format('%.0f %s', head, now)
  end
end
if #raised > 0 then
  redis.call('HSET', KEYS[1], unpack(raised))
  -- 30 days, so that counters of a store that is no longer used go; others are restored from their store.
  redis.call('PEXPIRE', KEYS[1], 2592000000)
end
return created

#!lua flags=allow-oom
-- Claims a prefix for a deployment, or renews the claim.
-- Keys     1 hash: identity, epoch, partitions, version, setBacks, witness; and `node:<node>` → ms until which it lives, and ms it
--          asked for
-- Args     1 node · 2 ms it lives from now · 3 whether the claim of a deployment of the same identity may be replaced when no
--          process lives on it: 1 or 0 · 4 identity · 5 epoch · 6 partitions · 7 version · 8 how often the store was found
--          set back · 9 an event that it had since then, or nothing
-- Returns  1 when it is claimed so, 2 when it could be replaced, 0 otherwise; then the claim that stands, as in 4 to 7; then how
--          many other processes live on it; then what stood of 8 and 9 before
-- Atomic   so that of several deployments that start together the first has it; a script also so that time is Redis's.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = redis.call('HGETALL', KEYS[1])
local fields = {}
local others = 0
for index = 1, #found, 2 do
  local node = string.match(found[index], '^node:(.+)$')
  if node then
    local till, ttl = string.match(found[index + 1], '^(%d+) (%d+)$')
    till, ttl = tonumber(till), tonumber(ttl)
    if not till or till <= now then
      redis.call('HDEL', KEYS[1], found[index])
    else
      if till > now + ttl then
        -- The clock was set back.
        redis.call('HSET', KEYS[1], found[index], string.format('%.0f %.0f', now + ttl, ttl))
      end
      if node ~= ARGV[1] then
        others = others + 1
      end
    end
  else
    fields[found[index]] = found[index + 1]
  end
end
local names = { 'identity', 'epoch', 'partitions', 'version' }
local same = true
local stands = {}
for index, name in ipairs(names) do
  stands[index] = fields[name] or ARGV[index + 3]
  same = same and stands[index] == ARGV[index + 3]
end
local free = stands[1] == ARGV[4] and others == 0
if not same and free and ARGV[3] == '1' then
  for index = 1, #names do
    stands[index] = ARGV[index + 3]
  end
  same = true
end
if same then
  redis.call('HSET', KEYS[1], 'node:' .. ARGV[1], string.format('%.0f %.0f', now + ARGV[2], ARGV[2]))
  for index, name in ipairs(names) do
    if fields[name] ~= stands[index] then
      redis.call('HSET', KEYS[1], name, stands[index])
    end
  end
end
local setBacks = tonumber(fields['setBacks'] or '0') or 0
local witness = fields['witness'] or ''
local given = tonumber(ARGV[8])
if same and (given > setBacks or (given == setBacks and ARGV[9] ~= '')) then
  redis.call('HSET', KEYS[1], 'setBacks', ARGV[8], 'witness', ARGV[9])
end
return { same and 1 or free and 2 or 0, stands[1], stands[2], stands[3], stands[4], others, tostring(setBacks), witness }

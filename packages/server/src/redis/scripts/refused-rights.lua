#!lua flags=no-writes
-- Finds out which commands the user of this connection may not run.
-- Args     1 JSON: an array of commands, each an array of its words
-- Returns  for each that is refused, its number and what Redis says; nothing where Redis cannot tell
-- Atomic   so that it is one trip however many commands there are. Nothing is run: what may be is not, and what may not be is
--          asked for only to hear why.
if not redis.acl_check_cmd then
  return {}
end
local refused = {}
for number, command in ipairs(cjson.decode(ARGV[1])) do
  if not redis.acl_check_cmd(unpack(command)) then
    local answer = redis.pcall(unpack(command))
    refused[#refused + 1] = number
    refused[#refused + 1] = type(answer) == 'table' and answer.err or ''
  end
end
return refused

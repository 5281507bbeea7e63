-- The generations, made where there are none. KEYS: the key's own generation, then others. ARGV: seconds that the key's own
-- lives until its value is stored, for anybody can ask for keys that nothing is loaded for; seconds that the others live; a
-- random id.
local found = {}
for at, key in ipairs(KEYS) do
  local seconds = at == 1 and ARGV[1] or ARGV[2]
  redis.call('SET', key, ARGV[3], 'NX', 'EX', seconds)
  local known = redis.pcall('GET', key)
  if type(known) ~= 'string' or #known ~= 16 then
    -- Something else lies there, which is nobody's.
    redis.call('SET', key, ARGV[3], 'EX', seconds)
    known = ARGV[3]
  end
  found[at] = known
end
return found

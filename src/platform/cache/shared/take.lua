-- The generations, made where there are none. KEYS: generations. ARGV: seconds that they live, a random id.
local found = {}
for at, key in ipairs(KEYS) do
  redis.call('SET', key, ARGV[2], 'NX', 'EX', ARGV[1])
  found[at] = redis.call('GET', key)
end
return found

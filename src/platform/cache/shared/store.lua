-- Stores a value if its generations are still those of before its load. KEYS: the value, then generations, the key's own
-- first. ARGV: the value, milliseconds that it lives, seconds that generations live, then what the generations were.
for at = 2, #KEYS do
  if redis.call('GET', KEYS[at]) ~= ARGV[at + 2] then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return 1

-- Stores a value if its generations are still those of before its load. KEYS: the value, then generations. ARGV: the value,
-- milliseconds that it lives, then what the generations were.
for at = 2, #KEYS do
  if redis.call('GET', KEYS[at]) ~= ARGV[at + 1] then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1

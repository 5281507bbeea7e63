-- Nobody waits any more for those who have not been heard since. KEYS: the line. ARGV: names, each with the beat that was
-- heard last.
for at = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[at]) == ARGV[at + 1] then redis.call('HDEL', KEYS[1], ARGV[at]) end
end

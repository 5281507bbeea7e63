-- Releases a lock if it is still its owner's. KEYS: the lock. ARGV: the owner's token.
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0

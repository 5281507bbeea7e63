-- Carries an invalidation out, once. KEYS: the line, its stream, the mark that it is done, the generation of everything, then
-- generations. ARGV: its id, who asks, its tags, seconds that generations live, seconds that the mark lives, then the epoch,
-- number and id of the last message that the asker knows of, and a later epoch. Answers how it went, the line's epoch, the
-- message's number, and everybody on the line with the beat that was heard last.
local done = redis.pcall('SET', KEYS[3], '1', 'NX', 'EX', ARGV[5])
if type(done) == 'table' and done.err then
  -- Full. What is deleted is as good as changed: a value without its generation does not count.
  for at = 5, #KEYS do redis.call('DEL', KEYS[at]) end
  return {'full', '', 0, {}}
end
if not done then return {'repeated', '', 0, {}} end
local epoch, seq = line_of(KEYS[1])
if not epoch or is_older(KEYS[2], epoch, seq, ARGV[6], tonumber(ARGV[7]), ARGV[8]) then
  epoch = ARGV[9]
  begin_anew(KEYS[1], KEYS[2], KEYS[4], epoch, ARGV[4])
end
for at = 5, #KEYS do redis.call('SET', KEYS[at], ARGV[1], 'EX', ARGV[4]) end
seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
ask('XADD', KEYS[2], 'MAXLEN', '~', 10000, seq .. '-0', 'id', ARGV[1], 'from', ARGV[2], 'tags', ARGV[3])
return {'told', epoch, seq, redis.call('HGETALL', KEYS[1])}

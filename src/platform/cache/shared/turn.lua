-- One turn of an instance on the line: it says what it has applied and reads what is new. KEYS: the line, its stream, the
-- generation of everything, then the acknowledgements of those whose messages it has applied. ARGV: its name, its beat, the
-- epoch that it follows, the number of the last message that it has applied, a later epoch, seconds that what nobody uses
-- lives, then epoch, number and id of the last message that it knows of.
-- Answers the epoch, the number of the last message, and what it has not read yet.
local epoch, seq = line_of(KEYS[1])
local applied = tonumber(ARGV[4])
if not epoch or (epoch == ARGV[3] and seq < applied)
  or is_older(KEYS[2], epoch, seq, ARGV[7], tonumber(ARGV[8]), ARGV[9]) then
  epoch, seq = ARGV[5], 0
  begin_anew(KEYS[1], KEYS[2], KEYS[3], epoch, ARGV[6])
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[6])
redis.call('EXPIRE', KEYS[2], ARGV[6])
if epoch ~= ARGV[3] then return {epoch, seq, {}} end
for at = 4, #KEYS do
  ask('XADD', KEYS[at], 'MAXLEN', '~', 1000, '*', 'from', ARGV[1], 'epoch', epoch, 'applied', applied)
  redis.call('PEXPIRE', KEYS[at], 60000)
end
return {epoch, seq, ask('XRANGE', KEYS[2], applied .. '-1', '+', 'COUNT', 500)}

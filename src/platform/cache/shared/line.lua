-- What scripts of the line begin with.

-- Whether Redis is an older copy of what somebody has seen, who knows of this message: then it has less, or another in its place.
local function is_older(stream, epoch, seq, known, number, id)
  if epoch ~= known then return false end
  if seq < number then return true end
  if id == '' then return false end
  local found = redis.call('XRANGE', stream, number .. '-0', number .. '-0')[1]
  return found ~= nil and found[2][2] ~= id
end

-- The line was lost, or comes from an older copy: so may every value.
local function begin_anew(line, stream, everything, epoch, seconds)
  redis.call('DEL', line, stream)
  redis.call('HSET', line, 'epoch', epoch, 'seq', 0)
  redis.call('SET', everything, epoch, 'EX', seconds)
end


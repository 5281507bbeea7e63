-- What scripts of the line begin with.

-- Epochs begin with their number, eight bytes long. Redis's own comparison of texts goes by the machine's language.
local function is_after(epoch, known)
  for at = 1, 8 do
    local one, other = epoch:byte(at), known:byte(at)
    if one ~= other then return one > other end
  end
  return false
end

-- The answer. What another kind of thing lies under the key instead is nobody's, and goes.
local function ask(command, key, ...)
  local found = redis.pcall(command, key, ...)
  if type(found) == 'table' and found.err and found.err:find('WRONGTYPE') then
    redis.call('DEL', key)
    return redis.call(command, key, ...)
  end
  if type(found) == 'table' and found.err then error(found.err) end
  return found
end

-- Epoch and number of the last message; no epoch if there is no line.
local function line_of(line)
  local epoch = ask('HGET', line, 'epoch')
  local seq = tonumber(redis.call('HGET', line, 'seq') or '0')
  if not epoch or #epoch ~= 16 or not seq then return false, 0 end
  return epoch, seq
end

-- Whether Redis is an older copy of what somebody has seen, who knows of this message: then it is of an epoch that is not a
-- later one, or it has less, or another message in its place.
local function is_older(stream, epoch, seq, known, number, id)
  if known == '' then return false end
  if epoch ~= known then return not is_after(epoch, known) end
  if seq < number then return true end
  if id == '' then return false end
  local found = ask('XRANGE', stream, number .. '-0', number .. '-0')[1]
  return found ~= nil and found[2][2] ~= id
end

-- The line was lost, or comes from an older copy: so may every value.
local function begin_anew(line, stream, everything, epoch, seconds)
  redis.call('DEL', line, stream)
  redis.call('HSET', line, 'epoch', epoch, 'seq', 0)
  redis.call('SET', everything, epoch, 'EX', seconds)
end


-- enqueue: add a batch, in order, whole or not at all.
-- KEYS  the lane
-- ARGV  2 producer · 3 its call number · 4 the lowest call number it has no answer to yet · 5 number of jobs · 6 … three per job (see adding)
-- gives a code per job, joined by line breaks ('r' alone: all were added and are ready), or 'FULL <maxReady>' and nothing was written
local producer, number, unanswered, n = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

-- Answers of calls that this producer may send again, `<time>;<number>=<answer>;…`: a repeat is answered, not run.
local window = call('HGET', producers, producer) or ''
local answers = ''
for done, answer in window:gmatch(';(%d+)=([^;]*)') do
  if tonumber(done) == number then return answer end
  if tonumber(done) >= unanswered then answers = answers .. ';' .. done .. '=' .. answer end
end

local function remember(answer)
  save()
  call('HSET', producers, producer, now .. answers .. ';' .. number .. '=' .. answer)
  return answer
end

load('maxReady', 'sleepers', 'flow')

-- Most jobs ask for nothing and are new, and most lanes have no bound and no rules: then nothing of what follows is needed.
local function add_simply()
  local ids, seen, newborn, newcomers = {}, {}, {}, {}
  local stamp = string.format('%x', now) .. ','
  for i = 1, n do
    local base = 3 + 3 * i
    local id, band = ARGV[base], ARGV[base + 1]
    if #band > 1 or seen[id] then return false end
    local at_band = newcomers[band]
    if not at_band then
      at_band = {}
      newcomers[band] = at_band
    end
    ids[i], seen[id], at_band[#at_band + 1] = id, true, id
    newborn[2 * i - 1], newborn[2 * i] = id, band .. stamp .. ARGV[base + 2]
  end
  for from = 1, n, chunk do
    local known = call('HMGET', births, unpack(ids, from, min(from + chunk - 1, n)))
    for i = 1, #known do
      if known[i] then return false end
    end
  end
  send('HSET', births, newborn)
  for band, list in pairs(newcomers) do send('RPUSH', bands[band], list) end
  woke = true
  count('enqueued', n)
  return true
end
if m.maxReady == 0 and m.flow < 2 and n > 0 and add_simply() then return remember('r') end

-- The long way ----------------------------------------------------------------------------------------------------------

if m.maxReady > 0 then
  local created = would_create(6, n)
  load('ghosts', 'parked')
  local waiting = call('ZCARD', scheduled) + call('LLEN', suspects) + call('LLEN', r0) + call('LLEN', r1) + call('LLEN', r2)
    + call('LLEN', r3) - m.ghosts + m.parked
  if created > 0 and waiting + created > m.maxReady - 1 then return 'FULL ' .. m.maxReady - 1 end
end

local codes = add_jobs(6, n)
for i = 1, n do
  if codes[i] ~= 'r' then return remember(table.concat(codes, '\n')) end
end
return remember('r')

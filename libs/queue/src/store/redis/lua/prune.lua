-- prune: forget finished jobs past their time, then those beyond the count; timed keys that are over; minutes older than a day.
-- KEYS  the lane
-- ARGV  2 page · 3 keep count
-- gives how many jobs were forgotten
local page, keep_count = tonumber(ARGV[2]), tonumber(ARGV[3])
local left = page

local function drop(id, ...)
  for _, key in ipairs({ ... }) do call('ZREM', key, id) end
  forget(id, read(id))
  left = left - 1
end

-- Completed jobs are two lines, by finish and by lapse; the one whose head goes first.
local function head_of(key, age)
  local head = call('ZRANGE', key, 0, 0, 'WITHSCORES')
  return head[1], head[1] and tonumber(head[2]) + age or math.huge
end

local function old(key, age)
  while left > 0 do
    local id, ends = head_of(key, age)
    if not id or ends > now then return end
    drop(id, key)
  end
end

local function old_completed()
  while left > 0 do
    local id, ends = head_of(completed, limits.keepFinished)
    local own, own_ends = head_of(lapsing, 0)
    if own and (not id or own_ends < ends or (own_ends == ends and own < id)) then
      if own_ends > now then return end
      drop(own, lapsing, lasting)
    else
      if not id or ends > now then return end
      drop(id, completed)
    end
  end
end

local function surplus(key)
  while left > 0 and call('ZCARD', key) > keep_count do drop((head_of(key, 0)), key) end
end

local function surplus_completed()
  while left > 0 and call('ZCARD', completed) + call('ZCARD', lapsing) > keep_count do
    local id, ends = head_of(completed, limits.keepFinished)
    local own, own_ends = head_of(lapsing, 0)
    if own and (not id or own_ends < ends or (own_ends == ends and own < id)) then drop(own, lapsing, lasting) else drop(id, completed) end
  end
end

old_completed()
old(cancelled, limits.keepFinished)
old(failed, limits.keepFailed)
surplus_completed()
surplus(cancelled)
surplus(failed)
save()

for _, key in ipairs(call('ZRANGEBYSCORE', windows, '-inf', now, 'LIMIT', 0, limits.page)) do
  call('ZREM', windows, key)
  call('HDEL', uniques, key)
end
for _, minute in ipairs(call('HKEYS', minutes)) do
  if minute * 60000 < now - 86400000 then call('HDEL', minutes, minute) end
end
-- Producers that have been silent for an hour have nothing left to repeat.
local page_of = call('HSCAN', producers, call('HGET', meta, 'scan') or '0', 'COUNT', limits.page)
for i = 1, #page_of[2], 2 do
  local seen = tonumber(page_of[2][i + 1]:match('^%d+'))
  if seen and seen < now - 3600000 and page_of[2][i]:sub(1, 1) ~= '~' then call('HDEL', producers, page_of[2][i]) end
end
if page_of[1] ~= '0' then call('HSET', meta, 'scan', page_of[1]) else call('HDEL', meta, 'scan') end
return page - left

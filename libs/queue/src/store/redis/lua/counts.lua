-- counts: what this lane holds.
-- KEYS  the lane
-- gives { scheduled, ready, active, completed, failed, cancelled, ghosts, oldest or '', enqueued, revived,
--        completed, failed, cancelled and removed since the beginning, blocked }
load('active', 'ghosts', 'parked', 'enqueued', 'revived', 'completed', 'failed', 'cancelled', 'removed')

-- When the job at the head of a list was enqueued. Looks past a bounded number of ghosts.
local function head(key, band)
  local dropped = {}
  for _, id in ipairs(call('LRANGE', key, 0, m.ghosts > 0 and limits.page or 0)) do
    local dead = m.ghosts > 0 and band and tonumber(call('HGET', ghosts, band .. id)) or 0
    if dead > (dropped[id] or 0) then
      dropped[id] = (dropped[id] or 0) + 1
    else
      return born_at(call('HGET', births, id))
    end
  end
  return nil
end

local waiting, oldest = call('LLEN', suspects) - m.ghosts + m.parked, head(suspects)
for band = 0, 3 do
  waiting = waiting + call('LLEN', KEYS[4 + band])
  local at = head(KEYS[4 + band], band)
  if at and (not oldest or at < oldest) then oldest = at end
end
return {
  call('ZCARD', scheduled), waiting, m.active, call('ZCARD', completed) + call('ZCARD', lasting), call('ZCARD', failed),
  call('ZCARD', cancelled), m.ghosts, oldest or '', m.enqueued, m.revived, m.completed, m.failed, m.cancelled,
  m.removed, call('ZCARD', blocked),
}

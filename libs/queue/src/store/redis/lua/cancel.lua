-- cancel: a waiting job at once; a running one is marked and its worker told, or with force loses its hold.
-- KEYS  the lane · 30 … what each worker named by `holders` holds (with force)
-- ARGV  2 '1' to force · 3 reason · 4 number of holders · holders · ids
-- gives { answers, how many the outbox got }; per id '<applied><state>', '-' for no such job, or '!<worker>' when a hold must be declared first (nothing was done to that job)
local force, reason, n = ARGV[2] == '1', ARGV[3], tonumber(ARGV[4])
local holds_of = {}
for i = 1, n do holds_of[ARGV[4 + i]] = KEYS[first + i - 1] end

local function cancel(id)
  local h = read(id)
  if not h then return '-' end
  if h.state == 'a' and not force then
    if not has(h, 'm') then
      raise_flag(h, 'm')
      h.reason = reason
      call('HSET', marks, id, h.worker)
      put(id, h)
      touch(id, h)
    end
    told = true
    return '1a'
  end
  if h.state == 'a' then
    if not holds_of[h.worker] then return '!' .. h.worker end
    record(h, id, 'cancelled')
    call('HDEL', holds_of[h.worker], id)
    leave_hold(id, h)
    told = true
  elseif h.state == 's' or h.state == 'r' or h.state == 'b' then
    leave_place(id, h)
  else
    return '0' .. h.state
  end
  finish(id, h, 'x', reason)
  return '1x'
end

local answers = {}
for i = 5 + n, #ARGV do
  answers[#answers + 1] = cancel(ARGV[i])
  flush()
end
tell_room()
save()
return { answers, posted }

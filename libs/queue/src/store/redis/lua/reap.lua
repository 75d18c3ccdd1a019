-- reap: give back, up to a page, what workers hold whose lease ran out. One crash more; at its limit a job fails.
-- KEYS  the lane · 30 … what each worker named below holds
-- ARGV  2 page · 3 … workers. The caller learns them from the first call, which names nobody: keys must be declared
-- gives { grace or 0, workers to name in the next call, released, failed (id and task; flat), cancelled, lost, more, how many the outbox got }
load('beat', 'grace', 'longest')
beat()
if now < m.grace then
  save()
  return { m.grace, {}, {}, {}, {}, {}, 0, 0 }
end

local ended = call('ZRANGEBYSCORE', leases, '-inf', '(' .. now, 'LIMIT', 0, limits.page)
if #ARGV == 2 or not ended[1] then
  save()
  return { 0, ended, {}, {}, {}, {}, 0, 0 }
end

local released, failed_jobs, cancelled_jobs, lost, more = {}, {}, {}, {}, 0
local holds_of = {}
for i = 3, #ARGV do holds_of[ARGV[i]] = KEYS[first + i - 3] end

local function give_back(id, holds, heartbeat)
  local h = parse(call('HGET', headers, id))
  record(h, id, 'lost', nil, heartbeat)
  h.crashes = h.crashes + 1
  call('HDEL', holds, id)
  if h.crashes >= crash_limit(h, id) then
    leave_hold(id, h)
    finish(id, h, 'f', 'worker-lost')
    failed_jobs[#failed_jobs + 1] = id
    failed_jobs[#failed_jobs + 1] = call('HGET', births, id):match('^[^,]*,([^,\n]*)')
  elseif cancel_if_marked(id, h) then
    cancelled_jobs[#cancelled_jobs + 1] = id
  else
    leave_hold(id, h)
    ready(id, h, 'front')
    released[#released + 1] = id
  end
end

local left = tonumber(ARGV[2])
for i = 1, #ended do
  local worker = ended[i]
  local holds = holds_of[worker]
  if not holds then
    more = 1
    break
  end
  -- When it was last heard of, unless it was reaped in part before.
  local ends = tonumber(call('ZSCORE', leases, worker))
  local heartbeat = ends > 0 and ends - call('HGET', lengths, worker) or nil
  local list = latest_first(holds)
  for k = 1, min(left, #list) do give_back(list[k][1], holds, heartbeat) end
  call('HDEL', lengths, worker)
  if #list > left then
    -- A page was too short for all it holds: it may not come back in between.
    call('ZADD', leases, 0, worker)
    more = 1
    break
  end
  left = left - #list
  call('ZREM', leases, worker)
  lost[#lost + 1] = worker
end
if ended[limits.page] then more = 1 end
longest_lease()
tell_room()
save()
return { 0, {}, released, failed_jobs, cancelled_jobs, lost, more, posted }

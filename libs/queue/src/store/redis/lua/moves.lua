-- moves: what all verbs of a lane share: how a job gets from one place to another, and what that means to jobs that wait for it.

-- Ready: at the tail (a new turn, so an old due time goes), 'front', or 'promoted' (at the tail; the due time stays readable).
local function ready(id, h, how)
  local again = h.state == 'a'
  h.state, h.reason = 'r', ''
  if not how then h.due = '' end
  if (has(h, 'g') or rules_of_tasks()) and not gates().climb(id, h, again) then return end
  line_up(id, h, how)
end

-- Scheduled for `at`, or ready when that has passed.
local function make_due(id, h, at, why)
  if not at or at <= now then return ready(id, h) end
  if has(h, 'g') then gates().leave(id, h, h.state ~= 'r' and 's') end
  h.state, h.due, h.reason = 's', at, why
  add('ZADD', scheduled, at, id)
  put(id, h)
  touch(id, h)
  if at - now <= limits.soon then woke = true end
end

-- Leaves `active`; the caller drops the hold.
local function leave_hold(id, h)
  if has(h, 'm') then
    drop_flag(h, 'm')
    add('HDEL', marks, id)
  end
  h.fence, h.worker = '', ''
  count('active', -1)
end

-- Jobs have left `active`: where their queue was full that is news to those who found no place. For verbs that claim nothing.
local function tell_room()
  if (tally.active or 0) == 0 then return end
  load('flow', 'maxActive', 'sleepers')
  if m.flow % 2 == 1 and m.maxActive > 0 then woke = true end
end

-- Out of the waiting place of its state, but for a parked job, which leaves its gate when it is known what becomes of it. In a band
-- the id stays behind as a ghost; a suspect really leaves.
local function leave_place(id, h)
  if h.state == 's' then
    add('ZREM', scheduled, id)
  elseif h.state == 'b' then
    call('ZREM', blocked, id)
  elseif h.state == 'r' and h.reason == '' and (h.crashes == 0 or call('LREM', suspects, 1, id) == 0) then
    call('HINCRBY', ghosts, h.band .. id, 1)
    call('HINCRBY', ghosts, '#' .. h.band, 1)
    count('ghosts')
  end
end

-- Jobs that wait for others ---------------------------------------------------------------------------------------------
-- Here a job is named `<queue>:<shard>:<id>`. `A` of a blocked job: the names it waits for. `D` of a parent: `<number>,<pages>` and the
-- names that wait for it; beyond `page_size` the older ones lie in facets of their own, `d<number>:<page>`, to be told page by page.
-- Kinds of effects: link, the child (from) waits for the parent (to) · completed or ended, the parent tells the child; with
-- `#<number>:<page>:<last>` for the child, it tells all of that page, and then the next.

local page_size = 100

local function name_of(id)
  return tag:match('^{[^:]*:([^}]*)}') .. ':' .. id
end

-- The job ends: raises what those that wait for it will be told.
local function tell_dependents(id, h, kind)
  local number, pages, names = call('HGET', facets, 'D' .. id):match('^(%d+),(%d+)(.*)$')
  drop_facet(h, id, 'D')
  if pages == '0' then
    for child in names:gmatch('%S+') do raise(kind, name_of(id), child) end
  else
    call('HSET', facets, 'd' .. number .. ':' .. pages, names)
    raise(kind, name_of(id), '#' .. number .. ':0:' .. pages)
  end
end

-- The record vanishes, and the keys that point to it; timed ones stay until they are over.
local function forget(id, h)
  local keys = has(h, 'o') and keys_of(h, id) or {}
  for i = 1, #keys do
    local key, window = keys[i][1], tonumber(keys[i][2])
    local entry = call('HGET', uniques, key)
    if entry and entry:sub(1, #id + 1) == id .. ',' then
      local since = tonumber(entry:match(',([^,]*),'))
      if not window or since + window <= now then
        call('HDEL', uniques, key)
        call('ZREM', windows, key)
      else
        call('ZADD', windows, since + window, key)
      end
    end
  end
  if has(h, 'D') then tell_dependents(id, h, 'ended') end
  if has(h, 'g') then gates().leave(id, h) end
  for flag in h.flags:gmatch('%u') do add('HDEL', facets, flag .. id) end
  add('HDEL', births, id)
  add('HDEL', headers, id)
  if h.state ~= 'c' and h.state ~= 'x' then count('removed') end
end

local finished = { c = completed, f = failed, x = cancelled }
local totals = { c = 'completed', f = 'failed', x = 'cancelled' }

-- A final state, kept for `keep` milliseconds (only completed jobs may have a time of their own). With 0 nothing is left.
local function finish(id, h, state, reason, keep)
  if has(h, 'g') then gates().leave(id, h, state == 'f' and 'f') end
  h.state, h.reason, h.ended = state, reason, now
  count(totals[state])
  touch(id, h)
  drop_flag(h, 'w')
  drop_facet(h, id, 'A')
  if has(h, 'D') then tell_dependents(id, h, state == 'c' and 'completed' or 'ended') end
  if keep == 0 then return forget(id, h) end
  if keep and keep ~= limits.keepFinished then
    add('ZADD', lasting, now, id)
    add('ZADD', lapsing, keep == math.huge and 'inf' or now + keep, id)
  else
    add('ZADD', finished[state], now, id)
  end
  put(id, h)
end

-- Marked to be cancelled: does not run again.
local function cancel_if_marked(id, h)
  if not has(h, 'm') then return false end
  local reason = h.reason
  leave_hold(id, h)
  finish(id, h, 'x', reason)
  return true
end

-- A bounded number of effects per script; those left over, and those for other lanes, stay in `effects`.
local carried = 0
carry = function()
  -- The parent remembers its child until it ends; one that has ended, or is not known, says so at once.
  local function link(child, parent, id)
    local h = read(id)
    if not h or h.state == 'c' or h.state == 'f' or h.state == 'x' then
      return raise(h and h.state == 'c' and 'completed' or 'ended', parent, child)
    end
    local text = has(h, 'D') and call('HGET', facets, 'D' .. id)
    if not text then
      if not m.sent then load('sent') end
      m.sent = max(m.sent + 1, micros)
      change.sent = whole(m.sent)
      text = change.sent .. ',0'
    end
    local number, pages, names = text:match('^(%d+),(%d+)(.*)$')
    local _, size = names:gsub(' ', '')
    if size >= page_size then
      call('HSET', facets, 'd' .. number .. ':' .. pages, names)
      text = number .. ',' .. pages + 1
    end
    set_facet(h, id, 'D', text .. ' ' .. child)
    put(id, h)
  end

  -- A child that waits no longer for this parent, or not at all, has heard it before.
  local function arrive(id, parent, kind)
    local h = read(id)
    if not h or h.state ~= 'b' then return end
    local left, found = {}, false
    for name in call('HGET', facets, 'A' .. id):gmatch('%S+') do
      if name == parent then found = true else left[#left + 1] = name end
    end
    if not found then return end
    local heard = kind == 'completed' or has(h, 'y')
    if left[1] and heard then
      set_facet(h, id, 'A', table.concat(left, ' '))
      put(id, h)
      return touch(id, h)
    end
    leave_place(id, h)
    if not heard then return finish(id, h, 'x', 'dependency') end
    drop_facet(h, id, 'A')
    drop_flag(h, 'y')
    make_due(id, h, tonumber(h.due), 'delay')
  end

  local function tell_page(kind, parent, text)
    local number, at, last = text:match('^#(%d+):(%d+):(%d+)$')
    local page = 'd' .. number .. ':' .. at
    for child in (call('HGET', facets, page) or ''):gmatch('%S+') do raise(kind, parent, child) end
    call('HDEL', facets, page)
    if at ~= last then raise(kind, parent, '#' .. number .. ':' .. at + 1 .. ':' .. last) end
  end

  local here, away, i = name_of(''), {}, 1
  while effects[i] do
    local kind, from, to = unpack(effects[i])
    local local_id = to:sub(1, #here) == here and to:sub(#here + 1)
    if carried >= limits.batch or not (local_id or to:sub(1, 1) == '#') then
      away[#away + 1] = effects[i]
    else
      carried = carried + 1
      flush()
      if not local_id then
        tell_page(kind, from, to)
      elseif kind == 'link' then
        link(from, to, local_id)
      else
        arrive(local_id, from, kind)
      end
    end
    i = i + 1
  end
  flush()
  effects = away
end

-- Given back, uncharged and to the front.
local function release(id, h)
  h.releases = h.releases + 1
  if cancel_if_marked(id, h) then return end
  leave_hold(id, h)
  ready(id, h, 'front')
end

-- The ids in `holds` (a worker's hash of id → fence), latest claim first: given back one by one they stand in their old order.
local function latest_first(holds)
  local flat = call('HGETALL', holds)
  local list = {}
  for i = 1, #flat, 2 do list[#list + 1] = { flat[i], tonumber(flat[i + 1]), flat[i + 1] } end
  table.sort(list, function(a, b) return a[2] > b[2] end)
  return list
end

-- Leases --------------------------------------------------------------------------------------------------------------

local function longest_lease()
  local longest = 0
  for _, length in ipairs(call('HVALS', lengths)) do longest = max(longest, tonumber(length)) end
  change.longest = longest
end

-- Somebody spoke with this lane. After an outage every worker looks dead, though it was the store that was away: nothing
-- is reaped until workers had a full lease to report back. Needs beat, grace and longest loaded.
local function beat()
  local before = m.beat
  change.beat = now
  if before == 0 then return end
  local back = now < before - 1000
  if m.longest == 0 then
    if m.grace ~= 0 then m.grace, change.grace = 0, 0 end
  elseif back or now - before > m.longest / 2 then
    m.grace = now + m.longest
    change.grace = m.grace
  end
  if back then
    for _, worker in ipairs(call('HKEYS', lengths)) do call('ZADD', leases, now + m.longest, worker) end
  end
end

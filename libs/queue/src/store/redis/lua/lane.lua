-- lane: what every script of a lane begins with: the names of its keys, its clock, a job's header, and the moves all verbs share.
-- KEYS  1 meta · 2 births · 3 headers · 4–7 ready, a list per band · 8 suspects · 9 scheduled · 10 leases · 11 lease lengths
--       12 unique keys · 13 timed unique keys · 14 facets · 15 completed · 16 cancelled · 17 failed · 18 completed, kept for a
--       time of their own · 19 when those lapse · 20 minutes · 21 ghosts · 22 marks · 23 outbox · 24 producers · 25 blocked
--       26 parked · 27 … of the verb
-- ARGV  1 now in milliseconds, or '' for the server's time · 2 … of the verb
--
-- A birth is written once: `<band><enqueuedAt, hexadecimal>,<task>[,<expiresAt>,<crashLimit>,<json>]\n<body>`. What is in
-- brackets is there only when something was asked for; then 4 is added to the band. A header is what changes: a job without one is ready and was never touched.
-- Writes are gathered and sent by `flush`, a command per key and chunk, not per job.
local call, min, max = redis.call, math.min, math.max
local meta, births, headers, r0, r1, r2, r3, suspects, scheduled, leases, lengths, uniques, windows, facets, completed,
  cancelled, failed, lasting, lapsing, minutes, ghosts, marks, outbox, producers, blocked = unpack(KEYS)
local bands = { ['0'] = r0, ['1'] = r1, ['2'] = r2, ['3'] = r3 }
local tag = meta:sub(1, -2)
local first = 27
local chunk = 500

local now, micros
if ARGV[1] ~= '' then
  now = tonumber(ARGV[1])
  micros = now * 1000
else
  local time = call('TIME')
  micros = time[1] * 1000000 + time[2]
  now = math.floor(micros / 1000)
end

local function whole(number)
  return string.format('%d', number)
end

-- Gathered writes -----------------------------------------------------------------------------------------------------

-- By command and key; each list is made when it is first needed.
local gathered = {}

-- One element of a write, or two that belong together: field and text, score and id.
local function add(command, key, a, b)
  local lists = gathered[command]
  if not lists then
    lists = {}
    gathered[command] = lists
  end
  local list = lists[key]
  if not list then
    list = {}
    lists[key] = list
  end
  local n = #list
  list[n + 1] = a
  if b ~= nil then list[n + 2] = b end
end

local function send(command, key, list)
  local n = #list
  for from = 1, n, chunk do call(command, key, unpack(list, from, min(from + chunk - 1, n))) end
end

local function send_all(command)
  for key, list in pairs(gathered[command]) do send(command, key, list) end
  gathered[command] = nil
end

-- What leaves goes first.
local function flush()
  if not next(gathered) then return end
  if gathered.HDEL then send_all('HDEL') end
  if gathered.ZREM then send_all('ZREM') end
  if gathered.HSET then send_all('HSET') end
  if gathered.ZADD then send_all('ZADD') end
  if gathered.RPUSH then send_all('RPUSH') end
  if gathered.LPUSH then send_all('LPUSH') end
end

-- The lane's own figures: `m` is what was read, `change` is written by `save`, `tally` is added up, at no cost to what was read.

local m, change, tally = {}, {}, {}
local function load(...)
  local names = { ... }
  local values = call('HMGET', meta, ...)
  for i = 1, #names do m[names[i]] = tonumber(values[i]) or 0 end
end

local function count(name, n)
  tally[name] = (tally[name] or 0) + (n or 1)
end

-- Hints. `woke`: work became ready, or will be before an idle worker looks again; `told`: somebody was asked to stop; `changed`: watched jobs.

local woke, told, changed = false, false, {}

-- Texts for other lanes, and for another script on this one; `posted` is how many this script leaves. A number each, and the time.

local posted = 0
local function post(text)
  if not m.sent then load('sent') end
  m.sent = max(m.sent + 1, micros)
  change.sent = whole(m.sent)
  call('RPUSH', outbox, change.sent .. ',' .. now .. ',' .. text)
  posted = posted + 1
end

-- Effects are what one job's fate means to another that waits for it: `carry` has those done that stay here.

local effects, carry = {}, nil
local function raise(kind, from, to)
  effects[#effects + 1] = { kind, from, to }
end

local function save()
  if effects[1] then
    carry()
    for i = 1, #effects do post(table.concat(effects[i], ' ')) end
  end
  flush()
  if woke and (m.sleepers or tonumber(call('HGET', meta, 'sleepers'))) == 1 then
    change.sleepers = change.sleepers or '0'
    call(PUBLISH, tag .. 'work', 'ready')
  end
  if told then call(PUBLISH, tag .. 'work', 'cancelled') end
  if changed[1] then call(PUBLISH, tag .. 'jobs', table.concat(changed, ' ')) end
  for name, n in pairs(tally) do
    if n ~= 0 and m[name] then
      change[name] = m[name] + n
    elseif n ~= 0 then
      call('HINCRBY', meta, name, n)
    end
  end
  local list = {}
  for name, value in pairs(change) do
    list[#list + 1] = name
    list[#list + 1] = value
  end
  if list[1] then call('HSET', meta, unpack(list)) end
end

-- Headers -------------------------------------------------------------------------------------------------------------
-- `<state><band>,<fence>,<worker>,<flags>,<attempts>,<crashes>,<releases>,<dueAt>,<startedAt>,<finishedAt>,<reason>`
-- state  s scheduled · b blocked · r ready · a active · c completed · f failed · x cancelled
-- flags  o has options in its birth · w watched · m marked · y waits for any ending · i has a place of its limit · H history · L log ·
--        P progress · K checkpoint · T steps · R result · E error · A jobs it waits for · D jobs that wait for it · G its limit
-- reason of a final state; why it is scheduled; of the mark; of a parked job its number

local shape = '^(%a)(%d),(%d*),([^,]*),(%a*),(%d+),(%d+),(%d+),([^,]*),([^,]*),([^,]*),(.*)$'

local function parse(text)
  local state, band, fence, worker, flags, attempts, crashes, releases, due, started, ended, reason = text:match(shape)
  return {
    state = state, band = band, fence = fence, worker = worker, flags = flags, attempts = tonumber(attempts),
    crashes = tonumber(crashes), releases = tonumber(releases), due = due, started = started, ended = ended, reason = reason,
  }
end

local function pack(h)
  return h.state .. h.band .. ',' .. h.fence .. ',' .. h.worker .. ',' .. h.flags .. ',' .. h.attempts .. ',' .. h.crashes
    .. ',' .. h.releases .. ',' .. h.due .. ',' .. h.started .. ',' .. h.ended .. ',' .. h.reason
end

-- The header of a job that has none yet.
local function fresh(band, flags)
  return {
    state = 'r', band = band, fence = '', worker = '', flags = flags, attempts = 0, crashes = 0, releases = 0,
    due = '', started = '', ended = '', reason = '',
  }
end

local function born(birth)
  local kind = birth:byte() - 48
  return fresh(tostring(kind % 4), kind >= 4 and 'o' or '')
end

local function born_at(birth)
  return tonumber(birth:match('^.(%x+)'), 16)
end

-- The header of one job, or nil when there is no such job.
local function read(id)
  local text = call('HGET', headers, id)
  if text then return parse(text) end
  local birth = call('HGET', births, id)
  return birth and born(birth) or nil
end

local function put(id, h)
  add('HSET', headers, id, pack(h))
end

local function has(h, flag)
  return h.flags:find(flag, 1, true)
end

local function raise_flag(h, flag)
  if not has(h, flag) then h.flags = h.flags .. flag end
end

local function drop_flag(h, flag)
  h.flags = h.flags:gsub(flag, '')
end

-- What was asked for at birth: expiresAt, crashLimit, json; '' where nothing was.
local function options(h, id)
  if not has(h, 'o') then return '', '', '' end
  return call('HGET', births, id):match('^[^,]*,[^,\n]*,([^,]*),([^,]*),([^\n]*)\n')
end

local function crash_limit(h, id)
  local _, limit = options(h, id)
  return tonumber(limit) or limits.crashes
end

local function keys_of(h, id)
  local _, _, json = options(h, id)
  return json ~= '' and cjson.decode(json).keys or {}
end

local function touch(id, h)
  if has(h, 'w') then changed[#changed + 1] = id end
end

-- Facets: what few jobs have. A field per job and kind: `<flag><id>`.

local function set_facet(h, id, flag, text)
  raise_flag(h, flag)
  add('HSET', facets, flag .. id, text)
end

local function drop_facet(h, id, flag)
  if not has(h, flag) then return end
  drop_flag(h, flag)
  add('HDEL', facets, flag .. id)
end

-- Appends lines to a facet and keeps the newest `bound`.
local function append(h, id, flag, text, bound)
  local old = has(h, flag) and call('HGET', facets, flag .. id)
  if old then text = old .. '\n' .. text end
  local _, breaks = text:gsub('\n', '')
  local at = 0
  for _ = 1, breaks + 1 - bound do at = text:find('\n', at + 1, true) end
  set_facet(h, id, flag, at > 0 and text:sub(at + 1) or text)
end

-- Writes down how the attempt in hand ended. Comes before the job leaves `active`.
local function record(h, id, outcome, error, heartbeat)
  local entry = { attempt = h.attempts + 1, worker = h.worker, startedAt = tonumber(h.started), finishedAt = now, outcome = outcome, error = error, heartbeatAt = heartbeat }
  append(h, id, 'H', cjson.encode(entry), limits.history)
end

-- Moves ---------------------------------------------------------------------------------------------------------------

-- Limits: `G` of a limited job is `<max> <key>`, and `l<key>` among the facets counts the places of a key that are taken. A ready job
-- without one is parked, as `<key> <band><number> <id>`: those of a key stand together, in the order in which they get a place.
local parked = KEYS[26]
local function take_place(id, h)
  local most, key = call('HGET', facets, 'G' .. id):match('^(%d+) (.*)$')
  if (tonumber(call('HGET', facets, 'l' .. key)) or 0) >= tonumber(most) then return false, key end
  call('HINCRBY', facets, 'l' .. key, 1)
  raise_flag(h, 'i')
  return true
end

-- Ready: at the tail (a new turn, so an old due time goes), 'front', or 'promoted' (at the tail; the due time stays readable).
local function ready(id, h, how)
  h.state, h.reason = 'r', ''
  if not how then h.due = '' end
  if has(h, 'G') and not has(h, 'i') then
    local taken, key = take_place(id, h)
    if not taken then
      h.reason = string.format('%016d', call('HINCRBY', meta, 'parkings', 1))
      call('ZADD', parked, 0, key .. ' ' .. h.band .. h.reason .. ' ' .. id)
      count('parked')
      put(id, h)
      return touch(id, h)
    end
  end
  if h.crashes > 0 and h.crashes >= crash_limit(h, id) - 1 then
    add(how == 'front' and 'LPUSH' or 'RPUSH', suspects, id)
  else
    add(how == 'front' and 'LPUSH' or 'RPUSH', bands[h.band], id)
  end
  put(id, h)
  touch(id, h)
  woke = true
end

-- A limited job is neither ready nor active any more. Those parked first get the place, each if there is room by its own limit; they
-- join as if they were due.
local function leave_limit(id, h)
  local key = call('HGET', facets, 'G' .. id):match(' (.*)$')
  if not has(h, 'i') then
    call('ZREM', parked, key .. ' ' .. h.band .. h.reason .. ' ' .. id)
    count('parked', -1)
  elseif call('HINCRBY', facets, 'l' .. key, -1) == 0 then
    call('HDEL', facets, 'l' .. key)
  end
  drop_flag(h, 'i')
  flush()
  for _ = 1, limits.batch do
    local name = call('ZRANGEBYLEX', parked, '[' .. key .. ' ', '(' .. key .. '!', 'LIMIT', 0, 1)[1]
    local head = name and name:match('[^ ]*$')
    local next_h = head and read(head)
    if not head or not take_place(head, next_h) then return end
    call('ZREM', parked, name)
    count('parked', -1)
    ready(head, next_h, 'promoted')
    flush()
  end
end

-- Scheduled for `at`, or ready when that has passed.
local function make_due(id, h, at, why)
  if not at or at <= now then return ready(id, h) end
  if has(h, 'i') then leave_limit(id, h) end
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

-- Out of the waiting place of its state. In a band the id stays behind as a ghost; a suspect really leaves.
local function leave_place(id, h)
  if h.state == 's' then
    add('ZREM', scheduled, id)
  elseif h.state == 'b' then
    call('ZREM', blocked, id)
  elseif h.state == 'r' and h.reason ~= '' then
    leave_limit(id, h)
  elseif h.state == 'r' and (h.crashes == 0 or call('LREM', suspects, 1, id) == 0) then
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
  if has(h, 'i') then leave_limit(id, h) end
  for flag in h.flags:gmatch('%u') do add('HDEL', facets, flag .. id) end
  add('HDEL', births, id)
  add('HDEL', headers, id)
  if h.state ~= 'c' and h.state ~= 'x' then count('removed') end
end

local finished = { c = completed, f = failed, x = cancelled }
local totals = { c = 'completed', f = 'failed', x = 'cancelled' }

-- A final state, kept for `keep` milliseconds (only completed jobs may have a time of their own). With 0 nothing is left.
local function finish(id, h, state, reason, keep)
  h.state, h.reason, h.ended = state, reason, now
  count(totals[state])
  touch(id, h)
  drop_flag(h, 'w')
  drop_facet(h, id, 'A')
  if has(h, 'i') then leave_limit(id, h) end
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

-- lane: what every script of a lane begins with: the names of its keys, its clock, a job's header, and the moves all verbs share.
-- KEYS  1 meta · 2 births · 3 headers · 4–7 ready, a list per band · 8 suspects · 9 scheduled · 10 leases · 11 lease lengths
--       12 unique keys · 13 timed unique keys · 14 facets · 15 completed · 16 cancelled · 17 failed · 18 completed, kept for a
--       time of their own · 19 when those lapse · 20 minutes · 21 ghosts · 22 marks · 23 outbox · 24 producers · 25 blocked
--       26 parked · 27 gates · 28 when they wake · 29 what is said of tasks · 30 … of the verb
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
local first = 30
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

-- By command and key; each list is made when it is first needed. `unsent`: the headers among them, by id.
local gathered, unsent = {}, {}

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
  unsent = {}
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

-- The keeper of the gates, made when a job first needs one: see gates.

local keeper

local function save()
  if effects[1] then
    carry()
    for i = 1, #effects do post(table.concat(effects[i], ' ')) end
  end
  if keeper then keeper.save() end
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
-- `<state><band>,<fence>,<worker>,<flags>,<attempts>,<crashes>,<releases>,<dueAt>,<startedAt>,<finishedAt>,[<gates>\n]<reason>`
-- state  s scheduled · b blocked · r ready · a active · c completed · f failed · x cancelled
-- flags  o has options in its birth · w watched · m marked · y waits for any ending · g has gates · i, j, k passed one, two, three of
--        them · H history · L log · P progress · K checkpoint · T steps · R result · E error · A jobs it waits for · D jobs that wait for it
-- reason of a final state; why it is scheduled; of the mark; of a parked job since when it waits

local shape = '^(%a)(%d),(%d*),([^,]*),(%a*),(%d+),(%d+),(%d+),([^,]*),([^,]*),([^,]*),(.*)$'

local function parse(text)
  local state, band, fence, worker, flags, attempts, crashes, releases, due, started, ended, reason = text:match(shape)
  local gates
  if flags:find('g', 1, true) then gates, reason = reason:match('^([^\n]*)\n(.*)$') end
  return {
    state = state, band = band, fence = fence, worker = worker, flags = flags, attempts = tonumber(attempts),
    crashes = tonumber(crashes), releases = tonumber(releases), due = due, started = started, ended = ended, reason = reason,
    gates = gates,
  }
end

local function pack(h)
  return h.state .. h.band .. ',' .. h.fence .. ',' .. h.worker .. ',' .. h.flags .. ',' .. h.attempts .. ',' .. h.crashes
    .. ',' .. h.releases .. ',' .. h.due .. ',' .. h.started .. ',' .. h.ended .. ','
    .. (h.gates and h.gates .. '\n' or '') .. h.reason
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
  local text = unsent[id] or call('HGET', headers, id)
  if text then return parse(text) end
  local birth = call('HGET', births, id)
  return birth and born(birth) or nil
end

local function put(id, h)
  local text = pack(h)
  unsent[id] = text
  add('HSET', headers, id, text)
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

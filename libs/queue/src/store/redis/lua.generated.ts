// Generated from redis/lua/ by scripts/embed.mjs. Do not edit.
export const lua = {
  'adding': `-- adding: how jobs come into a lane; shared by enqueue and exchange.
-- A job is three arguments: its local id, its band and what it asks for (JSON, mostly none), and \`<task>\\n<body>\`.
-- JSON  due, expires { in = ms } or { at = ms } · keys { { key, until } … } · replace · crash · attempts · after { name, … } · any (with
--       after: any ending will do) · limit { key, max } · rest (JSON kept with the birth)

local names = { s = 'scheduled', b = 'blocked', r = 'ready', a = 'active', c = 'completed', f = 'failed', x = 'cancelled' }

local function time_of(due)
  if not due then return nil end
  return due['in'] and now + due['in'] or due.at
end

-- The id that holds \`key\`, unless the key is free.
local function holder_of(key)
  local entry = call('HGET', uniques, key)
  if not entry then return nil end
  local id, since, lasts = entry:match('^([^,]*),([^,]*),(.*)$')
  local window = tonumber(lasts)
  if window then return now < since + window and id or nil end
  local h = read(id)
  if not h then return nil end
  local final = h.state == 'c' or h.state == 'f' or h.state == 'x'
  if lasts == 'started' then return not final and h.started == '' and id or nil end
  if lasts == 'settled' then return not final and id or nil end
  return id
end

local function first_holder(keys, except)
  for i = 1, #keys do
    local id = holder_of(keys[i][1])
    if id and id ~= except then return id end
  end
  return nil
end

local function take_keys(keys, id, since)
  for i = 1, #keys do
    local key, lasts = keys[i][1], keys[i][2]
    call('HSET', uniques, key, id .. ',' .. since .. ',' .. lasts)
    call('ZREM', windows, key)
  end
end

-- \`replace\`: what is new about a job goes into the one that holds its key, while that waits.
local function replace(id, h, asked, text)
  local birth = call('HGET', births, id)
  local head = h.band + 4 .. birth:match('^.([^,]*,[^,\\n]*)')
  local _, _, json = options(h, id)
  local rest = json ~= '' and cjson.decode(json) or {}
  rest.tags = asked.rest and cjson.decode(asked.rest).tags or nil
  local kept = next(rest) and cjson.encode(rest) or ''
  local line = head .. ',' .. (time_of(asked.expires) or '') .. ',' .. (asked.crash or '') .. ',' .. kept
  call('HSET', births, id, line .. text:match('\\n.*$'))
  raise_flag(h, 'o')
  if h.state == 's' then
    call('ZREM', scheduled, id)
    make_due(id, h, time_of(asked.due), 'delay')
  else
    put(id, h)
    touch(id, h)
  end
  return h.state
end

-- Waits for other jobs, and for \`due\` after that.
local function block(id, h, parents, due)
  h.state, h.due = 'b', due and due > now and due or ''
  call('ZADD', blocked, now, id)
  set_facet(h, id, 'A', table.concat(parents, ' '))
  put(id, h)
  for i = 1, #parents do raise('link', name_of(id), parents[i]) end
end

-- Adds a job that asks for something. Gives its code in the answer: a state, or \`=<holder>,<state>[,replaced]\`.
local function add_asking(id, band, asked, text)
  flush()
  local keys = asked.keys or {}
  local holder = first_holder(keys)
  if holder then
    local h = read(holder)
    if not h then return '=' .. holder .. ',c' end
    if asked.replace and (h.state == 's' or h.state == 'r') then
      return '=' .. holder .. ',' .. replace(holder, h, asked, text) .. ',replaced'
    end
    return '=' .. holder .. ',' .. h.state
  end
  local line, body = text:match('^([^\\n]*)(\\n.*)$')
  local expires = time_of(asked.expires)
  local plain = not (expires or asked.crash or asked.rest)
  local h = fresh(band, plain and '' or 'o')
  h.attempts = asked.attempts or 0
  if not plain then
    line = line .. ',' .. (expires or '') .. ',' .. (asked.crash or '') .. ',' .. (asked.rest or '')
  end
  call('HSET', births, id, (plain and band or band + 4) .. string.format('%x', now) .. ',' .. line .. body)
  take_keys(keys, id, now)
  count('enqueued')
  local due = time_of(asked.due)
  if asked.any then raise_flag(h, 'y') end
  if asked.limit then
    raise_flag(h, 'G')
    call('HSET', facets, 'G' .. id, asked.limit[2] .. ' ' .. asked.limit[1])
  end
  if asked.after then block(id, h, asked.after, due) else make_due(id, h, due, 'delay') end
  return h.state
end

-- Adds \`n\` jobs from ARGV[at] on, in order. Gives a list of codes; a repeated id is recognised and adds nothing.
local function add_jobs(at, n)
  local ids, codes, known = {}, {}, {}
  for i = 1, n do ids[i] = ARGV[at + 3 * (i - 1)] end
  for from = 1, n, chunk do
    local found = call('HMGET', births, unpack(ids, from, min(from + chunk - 1, n)))
    for i = 1, #found do known[from + i - 1] = found[i] and true or false end
  end
  local seen, created, stamp = {}, 0, string.format('%x', now) .. ','
  for i = 1, n do
    local id, base = ids[i], at + 3 * (i - 1)
    if seen[id] or known[i] then
      flush()
      codes[i] = read(id).state
    else
      local asked, text = ARGV[base + 1], ARGV[base + 2]
      if #asked == 1 then
        add('HSET', births, id, asked .. stamp .. text)
        add('RPUSH', bands[asked], id)
        created = created + 1
        codes[i] = 'r'
        seen[id] = true
      else
        codes[i] = add_asking(id, asked:sub(1, 1), cjson.decode(asked:sub(2)), text)
        seen[id] = codes[i]:sub(1, 1) ~= '='
      end
    end
  end
  if created > 0 then
    woke = true
    count('enqueued', created)
  end
  return codes
end

-- How many of these jobs would be created and take room, which blocked ones do not. Jobs of one batch know each other's ids and keys.
local function would_create(at, n)
  local ids, taken, created = {}, {}, 0
  for i = 1, n do
    local base = at + 3 * (i - 1)
    local id, asked = ARGV[base], #ARGV[base + 1] > 1 and cjson.decode(ARGV[base + 1]:sub(2)) or {}
    local keys = asked.keys or {}
    local free = not ids[id] and call('HEXISTS', births, id) == 0
    for k = 1, #keys do
      if free then
        local known = taken[keys[k][1]]
        if known == nil then known = holder_of(keys[k][1]) ~= nil end
        free = not known
      end
    end
    if free then
      ids[id] = true
      if not asked.after then created = created + 1 end
      for k = 1, #keys do taken[keys[k][1]] = not tonumber(keys[k][2]) or tonumber(keys[k][2]) > 0 end
    end
  end
  return created
end
`,
  'book': `-- book: what every script of the schedules begins with: the names of their keys, their clock, and how a schedule is written down.
-- KEYS  1 bodies · 2 heads · 3 slots · 4 due · 5 ids · 6 owners · 7 fired, an outbox · 8 sent, the number of its latest entry
-- ARGV  1 now in milliseconds, or '' for the server's time · 2 … of the verb
--
-- A body is what was put: \`<owner>\\n<text>\`. A head is what changes with every slot, so that a body is written once:
-- \`<version>,<paused>,<next>,<last>,<enqueued>,<skipped>,<missed>,<createdAt>,<changedAt>,<job>\`. Slots are a line each, newest last.
-- Ids and \`<owner> <id>\` stand in ordered sets by their letters alone; an owner is encoded and has no blank, '' is none.
local call, max = redis.call, math.max
local bodies, heads, slots, due, ids, owners, fired, sent = unpack(KEYS)

local now, micros
if ARGV[1] ~= '' then
  now = tonumber(ARGV[1])
  micros = now * 1000
else
  local time = call('TIME')
  micros = time[1] * 1000000 + time[2]
  now = math.floor(micros / 1000)
end

local shape = '^(%d+),(%d),([^,]*),([^,]*),(%d+),(%d+),(%d+),([^,]*),([^,]*),(.*)$'

local function parse(text)
  local version, paused, next, last, enqueued, skipped, missed, created, changed, job = text:match(shape)
  return {
    version = tonumber(version), paused = paused, next = next, last = last, enqueued = enqueued, skipped = skipped,
    missed = missed, created = created, changed = changed, job = job,
  }
end

local function pack(h)
  return table.concat({ h.version, h.paused, h.next, h.last, h.enqueued, h.skipped, h.missed, h.created, h.changed, h.job }, ',')
end

-- When the first slot of any schedule is due, or nil.
local function first_due()
  return tonumber(call('ZRANGE', due, 0, 0, 'WITHSCORES')[2])
end

-- The next slot, in its place by time; '' for none. Whoever sleeps until the first one must hear of one that comes before it.
local function set_next(id, before, next)
  if next == '' then
    if before ~= '' then call('ZREM', due, id) end
    return
  end
  if before == '' or tonumber(next) < tonumber(before) then
    local first = first_due()
    if not first or tonumber(next) < first then call(PUBLISH, bodies .. '-work', '') end
  end
  call('ZADD', due, next, id)
end

local function owner_of(body)
  return body:match('^[^\\n]*')
end

local function forget(id)
  local owner = owner_of(call('HGET', bodies, id))
  if owner ~= '' then call('ZREM', owners, owner .. ' ' .. id) end
  call('HDEL', bodies, id)
  call('HDEL', heads, id)
  call('HDEL', slots, id)
  call('ZREM', due, id)
  call('ZREM', ids, id)
end
`,
  'cancel': `-- cancel: a waiting job at once; a running one is marked and its worker told, or with force loses its hold.
-- KEYS  the lane · 27 … what each worker named by \`holders\` holds (with force)
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
save()
return { answers, posted }
`,
  'configure': `-- configure: settings of this lane.
-- KEYS  the lane
-- ARGV  2 paused: '1', '0', or '' to leave it · 3 maxReady: a number, 'none', or '' to leave it · 4 '1': only what is not set yet
-- gives { paused, maxReady + 1, or 0 for none }
local write = ARGV[4] == '1' and 'HSETNX' or 'HSET'
if ARGV[2] ~= '' then call(write, meta, 'paused', ARGV[2]) end
if ARGV[3] ~= '' then call(write, meta, 'maxReady', ARGV[3] == 'none' and 0 or ARGV[3] + 1) end
load('paused', 'maxReady')
if ARGV[2] == '0' then call(PUBLISH, tag .. 'work', 'ready') end
return { m.paused, m.maxReady }
`,
  'counts': `-- counts: what this lane holds.
-- KEYS  the lane
-- gives { scheduled, ready, active, completed, failed, cancelled, ghosts, paused, maxReady + 1, oldest or '', enqueued, revived,
--        completed, failed, cancelled and removed since the beginning, blocked }
load('active', 'ghosts', 'parked', 'paused', 'maxReady', 'enqueued', 'revived', 'completed', 'failed', 'cancelled', 'removed')

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
  call('ZCARD', cancelled), m.ghosts, m.paused, m.maxReady, oldest or '', m.enqueued, m.revived, m.completed, m.failed, m.cancelled,
  m.removed, call('ZCARD', blocked),
}
`,
  'enqueue': `-- enqueue: add a batch, in order, whole or not at all.
-- KEYS  the lane
-- ARGV  2 producer · 3 its call number · 4 the lowest call number it has no answer to yet · 5 number of jobs · 6 … three per job (see adding)
-- gives a code per job, joined by line breaks ('r' alone: all were added and are ready), or 'FULL <maxReady>' and nothing was written
local producer, number, unanswered, n = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

-- Answers of calls that this producer may send again, \`<time>;<number>=<answer>;…\`: a repeat is answered, not run.
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

load('maxReady', 'sleepers')

-- Most jobs ask for nothing and are new, and most lanes have no bound: then nothing of what follows is needed.
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
if m.maxReady == 0 and n > 0 and add_simply() then return remember('r') end

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
  if codes[i] ~= 'r' then return remember(table.concat(codes, '\\n')) end
end
return remember('r')
`,
  'exchange': `-- exchange: settle what ended, renew the lease, promote what is due, claim the next batch, hand back cancellations.
-- KEYS  the lane · 27 what this worker holds
-- ARGV  2 worker · 3 lease · 4 places free · 5 '1' when it may be handed a suspect, alone · 6 number of settlements · 7 … in runs of one
--       code: \`<how many><code>\`, then per settlement id · fence · what the code announces. A code is an outcome (c completed,
--       t retry, s snoozed, f failed, x cancelled, l released) and letters: 0 keep nothing · k keep · r result · n in · y reason or
--       why · e error · + jobs of this lane (their number, then three each, see adding) · o jobs of others (their number, then one
--       text each for the outbox)
-- gives { now, states of the settled, first fence, claimed jobs (id, birth; where something happened before \`!\` and id, birth, header,
--       checkpoint, steps; flat), ids to cancel, dueIn or '', more, paused, suspects, outbox, alone, overdue } — or { now, 'GONE', paused } and
--       nothing was done
local worker, lease, want, alone, n = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5] == '1', tonumber(ARGV[6])
local holds = KEYS[first]

load('paused', 'beat', 'grace', 'longest', 'fence', 'takes', 'ghosts', 'sleepers', 'active', 'completed')
local length = call('HGET', lengths, worker)
if m.longest > 0 or m.beat > 0 then beat() end
if not length then
  save()
  return { now, 'GONE', m.paused }
end

-- Settle ----------------------------------------------------------------------------------------------------------------

local figures = { c = 0, f = 0, x = 0, t = 0 }

local function apply(outcome, id, h, given)
  if outcome == 'c' then
    h.attempts = h.attempts + 1
    drop_facet(h, id, 'E')
    local keep = given.k
    keep = keep == 'inf' and math.huge or tonumber(keep)
    if given.r and keep ~= 0 then set_facet(h, id, 'R', given.r) else drop_facet(h, id, 'R') end
    leave_hold(id, h)
    finish(id, h, 'c', '', keep)
  elseif outcome == 't' then
    record(h, id, 'retry', given.e)
    h.attempts = h.attempts + 1
    set_facet(h, id, 'E', given.e)
    if cancel_if_marked(id, h) then return end
    leave_hold(id, h)
    make_due(id, h, now + tonumber(given.n), 'retry')
  elseif outcome == 's' then
    record(h, id, 'snoozed')
    if cancel_if_marked(id, h) then return end
    leave_hold(id, h)
    make_due(id, h, now + tonumber(given.n), 'snooze')
  elseif outcome == 'f' then
    record(h, id, 'failed', given.e)
    h.attempts = h.attempts + 1
    set_facet(h, id, 'E', given.e)
    leave_hold(id, h)
    finish(id, h, 'f', given.y)
  elseif outcome == 'x' then
    record(h, id, 'cancelled', given.e)
    if given.e then set_facet(h, id, 'E', given.e) end
    if cancel_if_marked(id, h) then return end
    leave_hold(id, h)
    finish(id, h, 'x', given.y)
  elseif not given.n then
    release(id, h)
  else
    h.releases = h.releases + 1
    if cancel_if_marked(id, h) then return end
    leave_hold(id, h)
    make_due(id, h, now + tonumber(given.n), given.y or 'delay')
  end
end

-- Where settlement \`i\` begins, and the arguments it announces.
local at = 7
local none = {}
local function announced(code)
  if #code == 1 then return none end
  local given = {}
  for flag in code:sub(2):gmatch('.') do
    if flag == '0' then
      given.k = '0'
    elseif flag == '+' then
      given.jobs, given.jobs_at = tonumber(ARGV[at]), at + 1
      at = at + 1 + 3 * given.jobs
    elseif flag == 'o' then
      given.others, given.others_at = tonumber(ARGV[at]), at + 1
      at = at + 1 + given.others
    else
      given[flag] = ARGV[at]
      at = at + 1
    end
  end
  return given
end

-- What is settled: ids, fences, codes, and where each finds what its code announces.
local ids, fences, codes, places, settled, texts = {}, {}, {}, {}, {}, {}
local read_to = 0
while read_to < n do
  local run, code = ARGV[at]:match('^(%d+)(.*)$')
  local bare = #code == 1 or code == 'c0'
  at = at + 1
  for i = read_to + 1, read_to + run do
    ids[i], fences[i], codes[i], places[i] = ARGV[at], ARGV[at + 1], code, at + 2
    at = at + 2
    if not bare then announced(code) end
  end
  read_to = read_to + run
end
-- The headers of all, read at once.
for from = 1, n, chunk do
  local found = call('HMGET', headers, unpack(ids, from, min(from + chunk - 1, n)))
  for i = 1, #found do texts[ids[from + i - 1]] = found[i] end
end
local tail, byte, find = ',' .. worker .. ',', string.byte, string.find
local left_holds, forgotten, ended_headers, ended = {}, {}, {}, {}
for i = 1, n do
  local id, fence, code = ids[i], fences[i], codes[i]
  local text = texts[id]
  local flags_at = 4 + #fence + #tail
  -- Active (97 is 'a'), and held by this worker under this fence; without flags (44 is ',') nothing was asked for.
  if not text or byte(text) ~= 97 or find(text, fence, 4, true) ~= 4 or find(text, tail, 4 + #fence, true) ~= 4 + #fence then
    settled[i] = '-'
  elseif (code == 'c0' or code == 'c' or code == 'cr') and byte(text, flags_at) == 44 then
    -- The common case: nobody watches, nothing was asked for at birth, nothing happened before.
    if code == 'c0' then
      forgotten[#forgotten + 1] = id
    else
      local flags = ''
      if code == 'cr' then
        flags = 'R'
        add('HSET', facets, 'R' .. id, ARGV[places[i]])
      end
      local attempts, counted, times = text:match('^(%d+)(,%d+,%d+,)([^,]*,[^,]*,)', flags_at + 1)
      local k = #ended
      ended_headers[k + 1] = id
      ended_headers[k + 2] = 'c' .. text:sub(2, 2) .. ',,,' .. flags .. ',' .. attempts + 1 .. counted .. times .. now .. ','
      ended[k + 1], ended[k + 2] = now, id
    end
    left_holds[#left_holds + 1] = id
    settled[i], texts[id] = 'c', nil
  else
    at = places[i]
    local given, outcome, h = announced(code), code:sub(1, 1), parse(text)
    apply(outcome, id, h, given)
    add('HDEL', holds, id)
    settled[i], texts[id] = h.state, nil
    local figure = h.state
    if outcome == 't' and figure ~= 'x' then figure = 't' end
    if figures[figure] then figures[figure] = figures[figure] + 1 end
    if given.jobs then
      flush()
      add_jobs(given.jobs_at, given.jobs)
    end
    for k = 0, (given.others or 0) - 1 do post(ARGV[given.others_at + k]) end
  end
end
send('HDEL', holds, left_holds)
send('HDEL', births, forgotten)
send('HDEL', headers, forgotten)
send('HSET', headers, ended_headers)
send('ZADD', completed, ended)
local plain = #left_holds
if plain > 0 then
  figures.c = figures.c + plain
  count('completed', plain)
  count('active', -plain)
end
if figures.c + figures.f + figures.x + figures.t > 0 then
  local minute = math.floor(now / 60000)
  local c, f, x, t = (call('HGET', minutes, minute) or '0,0,0,0'):match('^(%d+),(%d+),(%d+),(%d+)$')
  call('HSET', minutes, minute, c + figures.c .. ',' .. f + figures.f .. ',' .. x + figures.x .. ',' .. t + figures.t)
end

if effects[1] then carry() end

-- Renew, promote ----------------------------------------------------------------------------------------------------------

call('ZADD', leases, now + lease, worker)
if tonumber(length) ~= lease then
  call('HSET', lengths, worker, lease)
  longest_lease()
end
flush()
local overdue = tonumber(call('ZRANGE', leases, 0, 0, 'WITHSCORES')[2]) < now
local next_due = tonumber(call('ZRANGE', scheduled, 0, 0, 'WITHSCORES')[2])
if next_due and next_due <= now then
  local dues = call('ZRANGEBYSCORE', scheduled, '-inf', now, 'LIMIT', 0, limits.promote)
  local found = call('HMGET', headers, unpack(dues))
  for i = 1, #dues do
    add('ZREM', scheduled, dues[i])
    ready(dues[i], parse(found[i]), 'promoted')
  end
  flush()
  next_due = tonumber(call('ZRANGE', scheduled, 0, 0, 'WITHSCORES')[2])
end

-- Claim -------------------------------------------------------------------------------------------------------------------

local jobs, fence, taken, apart = {}, max(m.fence + 1, micros), 0, false
local left, waiting, looked = {}, 0, 0
for band = 0, 3 do
  local size = call('LLEN', KEYS[4 + band])
  if m.ghosts + (tally.ghosts or 0) > 0 and size > 0 then size = size - (tonumber(call('HGET', ghosts, '#' .. band)) or 0) end
  left[band] = size
  waiting = waiting + size
end

local begun_headers, begun_holds = {}, {}
local before, after = ',' .. worker .. ',', ',0,0,0,,' .. now .. ',,'

-- A job past its expiry is cancelled instead.
local function begin(id, birth, text)
  local kind = birth:byte() - 48
  if kind >= 4 then
    local expires = tonumber((birth:match('^[^,]*,[^,\\n]*,([^,]*),')))
    if expires and expires <= now then
      local h = text and parse(text) or born(birth)
      finish(id, h, 'x', 'expired')
      -- In the place of a limited one others may have joined.
      if has(h, 'G') then
        waiting = 0
        for band = 0, 3 do
          left[band] = call('LLEN', KEYS[4 + band]) - (tonumber(call('HGET', ghosts, '#' .. band)) or 0)
          waiting = waiting + left[band]
        end
      end
      return false
    end
  end
  local mark, k = whole(fence + taken), 2 * taken
  begun_headers[k + 1], begun_holds[k + 1], begun_holds[k + 2] = id, id, mark
  taken = taken + 1
  k = #jobs
  if text then
    local h = parse(text)
    h.state, h.fence, h.worker, h.started, h.reason = 'a', mark, worker, now, ''
    begun_headers[2 * taken] = pack(h)
    touch(id, h)
    jobs[k + 1], jobs[k + 2] = '!' .. id, birth
    jobs[k + 3] = h.attempts .. ',' .. h.crashes .. ',' .. h.releases .. ',' .. h.due
    jobs[k + 4] = has(h, 'K') and call('HGET', facets, 'K' .. id) or false
    jobs[k + 5] = has(h, 'T') and call('HGET', facets, 'T' .. id) or false
  else
    begun_headers[2 * taken] = 'a' .. kind % 4 .. ',' .. mark .. before .. (kind >= 4 and 'o' or '') .. after
    jobs[k + 1], jobs[k + 2] = id, birth
  end
  return true
end

local function begin_all(list)
  local births_found, headers_found = call('HMGET', births, unpack(list)), call('HMGET', headers, unpack(list))
  local begun = 0
  for i = 1, #list do
    if births_found[i] and begin(list[i], births_found[i], headers_found[i]) then begun = begun + 1 end
  end
  return begun
end

-- Ids of cancelled, removed or postponed jobs stay in their list until they come to its head.
local function without_ghosts(band, list)
  if m.ghosts + (tally.ghosts or 0) <= 0 then return list end
  local fields, lives = {}, {}
  for i = 1, #list do fields[i] = band .. list[i] end
  local found = call('HMGET', ghosts, unpack(fields))
  for i = 1, #list do
    if found[i] and tonumber(call('HGET', ghosts, fields[i]) or 0) > 0 then
      if call('HINCRBY', ghosts, fields[i], -1) == 0 then call('HDEL', ghosts, fields[i]) end
      if call('HINCRBY', ghosts, '#' .. band, -1) == 0 then call('HDEL', ghosts, '#' .. band) end
      count('ghosts', -1)
    else
      lives[#lives + 1] = list[i]
    end
  end
  return lives
end

-- Takes up to \`places\` jobs of a band, looking at no more than \`limits.batch\` entries per call.
local function take(band, places)
  while places > 0 and left[band] > 0 and looked < limits.batch do
    local list = call('LPOP', KEYS[4 + band], min(places, limits.batch - looked, chunk))
    if not list then return end
    looked = looked + #list
    local lives = without_ghosts(band, list)
    left[band], waiting = left[band] - #lives, waiting - #lives
    if lives[1] then places = places - begin_all(lives) end
  end
end

if want > 0 and m.paused == 0 then
  local suspect = alone and call('LPOP', suspects, 1)
  while suspect and suspect[1] and not apart do
    apart = begin_all(suspect) == 1
    if not apart then suspect = call('LPOP', suspects, 1) end
  end
  if not apart and waiting > 0 then
    local takes, live = m.takes, 0
    for band = 0, 3 do live = left[band] > 0 and live + 1 or live end
    local share = live > 1 and math.floor((takes + want) / limits.lowestShare) - math.floor(takes / limits.lowestShare) or 0
    local lowest
    for band = 0, 3 do take(band, want - share - taken) end
    for band = 0, 3 do lowest = left[band] > 0 and band or lowest end
    if lowest and share > 0 then take(lowest, min(share, want - taken)) end
    for band = 0, 3 do take(band, want - taken) end
    if taken > 0 then change.takes = m.takes + taken end
  end
  if taken > 0 then
    send('HSET', headers, begun_headers)
    send('HSET', holds, begun_holds)
    change.fence = whole(fence + taken - 1)
    count('active', taken)
  end
end
-- Nothing is left for anybody, and this worker has room: whoever brings work calls out.
if taken < want and not apart then
  woke = false
  if m.sleepers == 0 then change.sleepers = '1' end
end
flush()

-- Hand back -----------------------------------------------------------------------------------------------------------------

local cancels = {}
local marked = call('HLEN', marks)
if marked > limits.batch then
  -- So many that a look at its own holds is the shorter way.
  local held = call('HGETALL', holds)
  for i = 1, #held, 2 do
    if call('HEXISTS', marks, held[i]) == 1 then cancels[#cancels + 1] = { held[i], tonumber(held[i + 1]) } end
  end
elseif marked > 0 then
  local list = call('HGETALL', marks)
  for i = 1, #list, 2 do
    if list[i + 1] == worker then cancels[#cancels + 1] = { list[i], tonumber(call('HGET', holds, list[i])) } end
  end
end
if cancels[1] then
  table.sort(cancels, function(a, b) return a[2] < b[2] end)
  for i = 1, #cancels do cancels[i] = cancels[i][1] end
end
save()
return {
  now, table.concat(settled), whole(fence), jobs, cancels, next_due and max(0, next_due - now) or '',
  waiting > 0 and 1 or 0, m.paused, call('LLEN', suspects), call('LLEN', outbox), apart and 1 or 0,
  overdue and now >= m.grace and 1 or 0,
}
`,
  'find': `-- find: all that is known of some jobs.
-- KEYS  the lane
-- ARGV  2 '1' to watch them until they are settled · 3 … ids, or \`=\` and the caller's own name
-- gives per job { id, birth, header or '', facets: letter and text; flat }, or false
local answers = {}
for i = 3, #ARGV do
  local id = ARGV[i]
  if id:sub(1, 1) == '=' then id = (call('HGET', uniques, id) or ''):match('^[^,]*') end
  local birth = call('HGET', births, id)
  if birth then
    local text = call('HGET', headers, id)
    local h = text and parse(text) or born(birth)
    if ARGV[2] == '1' and not has(h, 'w') and not (h.state == 'c' or h.state == 'f' or h.state == 'x') then
      raise_flag(h, 'w')
      call('HSET', headers, id, pack(h))
    end
    local found = {}
    for flag in h.flags:gmatch('%u') do found[#found + 1] = flag
      found[#found + 1] = call('HGET', facets, flag .. id) end
    answers[#answers + 1] = { id, birth, text or '', found }
  else
    answers[#answers + 1] = false
  end
end
return answers
`,
  'fire': `-- fire: what becomes of slots. Per schedule, while it has the version that was seen; its jobs go into the outbox, to be relayed.
-- KEYS  see book
-- ARGV  2 number of firings · 3 … each: id · version seen · how many slots were enqueued, skipped and missed · last or '' · next or '' ·
--       job or '' · '1' when it is over · slots, a line each · number of jobs · a text each for the outbox (see lane)
-- gives per firing 1, or 0 when another came first
local posts, number = {}, nil

local function post(text)
  number = max((number or tonumber(call('GET', sent)) or 0) + 1, micros)
  posts[#posts + 1] = string.format('%d', number) .. ',' .. now .. ',' .. text
end

local function remember(id, lines)
  local old = call('HGET', slots, id)
  if old then lines = old .. '\\n' .. lines end
  local _, breaks = lines:gsub('\\n', '')
  local at = 0
  for _ = 1, breaks + 1 - limits.slots do at = lines:find('\\n', at + 1, true) end
  call('HSET', slots, id, at > 0 and lines:sub(at + 1) or lines)
end

local function fire(at, jobs)
  local id, seen, enqueued, skipped, missed, last, next, job, finished, lines = unpack(ARGV, at, at + 9)
  local text = call('HGET', heads, id)
  local h = text and parse(text)
  if not h or h.version ~= tonumber(seen) then return 0 end
  for i = 1, jobs do post(ARGV[at + 10 + i]) end
  if finished == '1' then
    forget(id)
    return 1
  end
  set_next(id, h.next, next)
  h.version, h.next = h.version + 1, next
  h.enqueued, h.skipped, h.missed = h.enqueued + enqueued, h.skipped + skipped, h.missed + missed
  if last ~= '' then h.last = last end
  if job ~= '' then h.job = job end
  call('HSET', heads, id, pack(h))
  if lines ~= '' then remember(id, lines) end
  return 1
end

local answers, at = {}, 3
for i = 1, tonumber(ARGV[2]) do
  local jobs = tonumber(ARGV[at + 10])
  answers[i] = fire(at, jobs)
  at = at + 11 + jobs
end
for from = 1, #posts, 500 do call('RPUSH', fired, unpack(posts, from, math.min(from + 499, #posts))) end
if number then call('SET', sent, string.format('%d', number)) end
return answers
`,
  'know': `-- know: the registry of a namespace learns of a queue and how many shards it has. Numbers only grow.
-- KEYS  1 queues · 2 settings
-- ARGV  1 queue · 2 shards
-- gives { paused or false, maxReady or false }: settings that a new lane begins with
local queues, settings = unpack(KEYS)
local queue, shards = unpack(ARGV)
local known = tonumber(redis.call('HGET', queues, queue) or 0)
if tonumber(shards) > known then redis.call('HSET', queues, queue, shards) end
return redis.call('HMGET', settings, queue .. ':paused', queue .. ':maxReady')
`,
  'lane': `-- lane: what every script of a lane begins with: the names of its keys, its clock, a job's header, and the moves all verbs share.
-- KEYS  1 meta · 2 births · 3 headers · 4–7 ready, a list per band · 8 suspects · 9 scheduled · 10 leases · 11 lease lengths
--       12 unique keys · 13 timed unique keys · 14 facets · 15 completed · 16 cancelled · 17 failed · 18 completed, kept for a
--       time of their own · 19 when those lapse · 20 minutes · 21 ghosts · 22 marks · 23 outbox · 24 producers · 25 blocked
--       26 parked · 27 … of the verb
-- ARGV  1 now in milliseconds, or '' for the server's time · 2 … of the verb
--
-- A birth is written once: \`<band><enqueuedAt, hexadecimal>,<task>[,<expiresAt>,<crashLimit>,<json>]\\n<body>\`. What is in
-- brackets is there only when something was asked for; then 4 is added to the band. A header is what changes: a job without one is ready and was never touched.
-- Writes are gathered and sent by \`flush\`, a command per key and chunk, not per job.
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

-- The lane's own figures: \`m\` is what was read, \`change\` is written by \`save\`, \`tally\` is added up, at no cost to what was read.

local m, change, tally = {}, {}, {}
local function load(...)
  local names = { ... }
  local values = call('HMGET', meta, ...)
  for i = 1, #names do m[names[i]] = tonumber(values[i]) or 0 end
end

local function count(name, n)
  tally[name] = (tally[name] or 0) + (n or 1)
end

-- Hints. \`woke\`: work became ready, or will be before an idle worker looks again; \`told\`: somebody was asked to stop; \`changed\`: watched jobs.

local woke, told, changed = false, false, {}

-- Texts for other lanes, and for another script on this one; \`posted\` is how many this script leaves. A number each, and the time.

local posted = 0
local function post(text)
  if not m.sent then load('sent') end
  m.sent = max(m.sent + 1, micros)
  change.sent = whole(m.sent)
  call('RPUSH', outbox, change.sent .. ',' .. now .. ',' .. text)
  posted = posted + 1
end

-- Effects are what one job's fate means to another that waits for it: \`carry\` has those done that stay here.

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
-- \`<state><band>,<fence>,<worker>,<flags>,<attempts>,<crashes>,<releases>,<dueAt>,<startedAt>,<finishedAt>,<reason>\`
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
  return call('HGET', births, id):match('^[^,]*,[^,\\n]*,([^,]*),([^,]*),([^\\n]*)\\n')
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

-- Facets: what few jobs have. A field per job and kind: \`<flag><id>\`.

local function set_facet(h, id, flag, text)
  raise_flag(h, flag)
  add('HSET', facets, flag .. id, text)
end

local function drop_facet(h, id, flag)
  if not has(h, flag) then return end
  drop_flag(h, flag)
  add('HDEL', facets, flag .. id)
end

-- Appends lines to a facet and keeps the newest \`bound\`.
local function append(h, id, flag, text, bound)
  local old = has(h, flag) and call('HGET', facets, flag .. id)
  if old then text = old .. '\\n' .. text end
  local _, breaks = text:gsub('\\n', '')
  local at = 0
  for _ = 1, breaks + 1 - bound do at = text:find('\\n', at + 1, true) end
  set_facet(h, id, flag, at > 0 and text:sub(at + 1) or text)
end

-- Writes down how the attempt in hand ended. Comes before the job leaves \`active\`.
local function record(h, id, outcome, error, heartbeat)
  local entry = { attempt = h.attempts + 1, worker = h.worker, startedAt = tonumber(h.started), finishedAt = now, outcome = outcome, error = error, heartbeatAt = heartbeat }
  append(h, id, 'H', cjson.encode(entry), limits.history)
end

-- Moves ---------------------------------------------------------------------------------------------------------------

-- Limits: \`G\` of a limited job is \`<max> <key>\`, and \`l<key>\` among the facets counts the places of a key that are taken. A ready job
-- without one is parked, as \`<key> <band><number> <id>\`: those of a key stand together, in the order in which they get a place.
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

-- Scheduled for \`at\`, or ready when that has passed.
local function make_due(id, h, at, why)
  if not at or at <= now then return ready(id, h) end
  if has(h, 'i') then leave_limit(id, h) end
  h.state, h.due, h.reason = 's', at, why
  add('ZADD', scheduled, at, id)
  put(id, h)
  touch(id, h)
  if at - now <= limits.soon then woke = true end
end

-- Leaves \`active\`; the caller drops the hold.
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
-- Here a job is named \`<queue>:<shard>:<id>\`. \`A\` of a blocked job: the names it waits for. \`D\` of a parent: \`<number>,<pages>\` and the
-- names that wait for it; beyond \`page_size\` the older ones lie in facets of their own, \`d<number>:<page>\`, to be told page by page.
-- Kinds of effects: link, the child (from) waits for the parent (to) · completed or ended, the parent tells the child; with
-- \`#<number>:<page>:<last>\` for the child, it tells all of that page, and then the next.

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

-- A final state, kept for \`keep\` milliseconds (only completed jobs may have a time of their own). With 0 nothing is left.
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

-- A bounded number of effects per script; those left over, and those for other lanes, stay in \`effects\`.
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

-- The ids in \`holds\` (a worker's hash of id → fence), latest claim first: given back one by one they stand in their old order.
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
`,
  'note': `-- note: what a running attempt leaves behind. Only the attempt that holds the job may write.
-- KEYS  the lane
-- ARGV  2 id · 3 fence · 4 number of log lines · 5 log lines as JSON, joined by line breaks · 6 '1' and 7 the progress, 8 '1' and
--       9 the checkpoint, 10 '1' and 11 the step's name as JSON and 12 its result as JSON; '' where there is none
-- gives 1, or 0 when the hold was lost
local id = ARGV[2]
local text = call('HGET', headers, id)
local h = text and parse(text)
if not h or h.state ~= 'a' or h.fence ~= ARGV[3] then return 0 end

if ARGV[4] ~= '0' then append(h, id, 'L', ARGV[5], limits.log) end
if ARGV[6] == '1' then set_facet(h, id, 'P', ARGV[7]) end
if ARGV[8] == '1' then set_facet(h, id, 'K', ARGV[9]) end
if ARGV[10] == '1' then
  -- A line per step, \`<name>:<result>\`; the newest result of a name counts.
  local lines, name = {}, ARGV[11] .. ':'
  for line in (has(h, 'T') and call('HGET', facets, 'T' .. id) or ''):gmatch('[^\\n]+') do
    if line:sub(1, #name) ~= name then lines[#lines + 1] = line end
  end
  lines[#lines + 1] = name .. ARGV[12]
  set_facet(h, id, 'T', table.concat(lines, '\\n'))
end
put(id, h)
touch(id, h)
save()
return 1
`,
  'prune': `-- prune: forget finished jobs past their time, then those beyond the count; timed keys that are over; minutes older than a day.
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
`,
  'putSchedule': `-- putSchedule: add a schedule, or put its definition in the place of the one of its id, while that has the version that was seen.
-- KEYS  see book
-- ARGV  2 id · 3 version seen, 0 for none · 4 next or '' · 5 '1' when it is paused, or '0' · 6 its body
-- gives { 'put', 'stale' or 'full', head, body, slots or false }; head and body are false when there is none
local id, seen, next, paused, body = ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5], ARGV[6]
local text = call('HGET', heads, id)
local h = text and parse(text) or { version = 0, next = '', last = '', enqueued = 0, skipped = 0, missed = 0, created = now, job = '' }
if h.version ~= seen then return { 'stale', text, call('HGET', bodies, id), call('HGET', slots, id) } end
if seen == 0 and call('HLEN', heads) >= limits.schedules then return { 'full', false, false, false } end

local owner = owner_of(body)
if seen == 0 then
  -- The first write: refused while memory is full.
  call('HSET', bodies, id, body)
  call('ZADD', ids, 0, id)
else
  -- Not refused: a write that frees, and be it nothing, comes first.
  call('HDEL', bodies, '')
  local before = owner_of(call('HGET', bodies, id))
  if before ~= '' and before ~= owner then call('ZREM', owners, before .. ' ' .. id) end
  call('HSET', bodies, id, body)
end
if owner ~= '' then call('ZADD', owners, 0, owner .. ' ' .. id) end
set_next(id, h.next, next)
h.version, h.next, h.paused, h.changed = seen + 1, next, paused, now
text = pack(h)
call('HSET', heads, id, text)
return { 'put', text, body, seen > 0 and call('HGET', slots, id) }
`,
  'reap': `-- reap: give back, up to a page, what workers hold whose lease ran out. One crash more; at its limit a job fails.
-- KEYS  the lane · 27 … what each worker named below holds
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
    failed_jobs[#failed_jobs + 1] = call('HGET', births, id):match('^[^,]*,([^,\\n]*)')
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
save()
return { 0, {}, released, failed_jobs, cancelled_jobs, lost, more, posted }
`,
  'reconcile': `-- reconcile: release what the store thinks a worker holds and it does not, because the answer that handed it over was lost. A page at a time.
-- KEYS  the lane · 27 what it holds
-- ARGV  2 … id and fence of what the worker does hold
-- gives { the ids released, how many the outbox got, 1 when there may be more }
local holds = KEYS[first]
local known = {}
for i = 2, #ARGV, 2 do known[ARGV[i]] = ARGV[i + 1] end
local list, released = latest_first(holds), {}
for i = 1, #list do
  if #released == limits.page then break end
  local id, fence = list[i][1], list[i][3]
  if known[id] ~= fence then
    call('HDEL', holds, id)
    release(id, parse(call('HGET', headers, id)))
    released[#released + 1] = id
  end
end
save()
return { released, posted, #released == limits.page and 1 or 0 }
`,
  'register': `-- register: a worker begins, with a lease on this lane.
-- KEYS  the lane
-- ARGV  2 worker · 3 lease
-- gives 1
load('beat', 'grace', 'longest')
beat()
call('ZADD', leases, now + ARGV[3], ARGV[2])
call('HSET', lengths, ARGV[2], ARGV[3])
longest_lease()
save()
return 1
`,
  'registry': `-- registry: writes down a fact about a queue or a worker. A script, so that a full memory does not stop who comes to drain it.
-- KEYS  1 queues, settings or workers
-- ARGV  1 field · 2 text
-- gives 1 when the field is new
return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
`,
  'relay': `-- relay: what another lane's outbox sends here, once each. Entries of one lane come in the order of their numbers.
-- KEYS  the lane
-- ARGV  2 the lane they come from · 3 number of the last one · 4 how many · 5 … three each: a job (see adding), with absolute
--       times, or an effect (see lane): whom it is for, \`!\` and its kind, whom it is from
--       Those whose number is not above the last one received are left out: 5 + 3 · how many … their numbers
-- gives { how many were new, how many this lane's outbox got in turn }
local producer, n = '~' .. ARGV[2], tonumber(ARGV[4])
local last = tonumber((call('HGET', producers, producer) or '0'):match('%d+$'))
local base = 5 + 3 * n
local skip = 0
while skip < n and tonumber(ARGV[base + skip]) <= last do skip = skip + 1 end
load('sleepers')
if skip < n then
  local i = skip
  while i < n do
    local at, run = 5 + 3 * i, 0
    while i + run < n and ARGV[at + 3 * run + 1]:sub(1, 1) ~= '!' do run = run + 1 end
    if run > 0 then
      add_jobs(at, run)
      if effects[1] then carry() end
      i = i + run
    else
      raise(ARGV[at + 1]:sub(2), ARGV[at + 2], ARGV[at])
      i = i + 1
    end
  end
  save()
  call('HSET', producers, producer, ARGV[3])
end
return { n - skip, posted }
`,
  'remove': `-- remove: forget jobs that are not active.
-- KEYS  the lane
-- ARGV  2 … ids
-- gives { answers, how many the outbox got }; per id '1' when it was forgotten, '0a' when it runs, '-' for no such job
local place = { c = { completed, lasting, lapsing }, x = { cancelled }, f = { failed } }

local function remove(id)
  local h = read(id)
  if not h then return '-' end
  if h.state == 'a' then return '0a' end
  leave_place(id, h)
  for _, key in ipairs(place[h.state] or {}) do call('ZREM', key, id) end
  touch(id, h)
  forget(id, h)
  return '1'
end

local answers = {}
for i = 2, #ARGV do
  answers[#answers + 1] = remove(ARGV[i])
  flush()
end
save()
return { answers, posted }
`,
  'removeSchedule': `-- removeSchedule: forget a schedule.
-- KEYS  see book
-- ARGV  2 id · 3 the version it must have, or ''
-- gives 1, or 0 when there is no such schedule
local text = call('HGET', heads, ARGV[2])
if not text or (ARGV[3] ~= '' and parse(text).version ~= tonumber(ARGV[3])) then return 0 end
forget(ARGV[2])
return 1
`,
  'reschedule': `-- reschedule: change when a waiting job runs. A ready job that shall run now stays where it is.
-- KEYS  the lane
-- ARGV  2 'in', 'at' or '' for now · 3 milliseconds · 4 … ids
-- gives per id '<applied><state>', '-' for no such job
local at = tonumber(ARGV[3])
if ARGV[2] == 'in' then at = now + at end

local function reschedule(id)
  local h = read(id)
  if not h then return '-' end
  if h.state ~= 's' and h.state ~= 'r' then return '0' .. h.state end
  if h.state == 's' or (at and at > now) then
    leave_place(id, h)
    flush()
    make_due(id, h, at, 'delay')
  end
  return '1' .. h.state
end

load('sleepers')
local answers = {}
for i = 4, #ARGV do
  answers[#answers + 1] = reschedule(ARGV[i])
  flush()
end
save()
return answers
`,
  'retire': `-- retire: a worker ends; what it holds goes back uncharged, a page at a time, so that the earliest claim comes first again.
-- KEYS  the lane · 27 what it holds
-- ARGV  2 worker
-- gives { how many the outbox got, 1 when it holds more }
local holds = KEYS[first]
local list = latest_first(holds)
for i = 1, min(#list, limits.page) do
  add('HDEL', holds, list[i][1])
  release(list[i][1], parse(call('HGET', headers, list[i][1])))
end
if #list <= limits.page then
  call('ZREM', leases, ARGV[2])
  call('HDEL', lengths, ARGV[2])
  longest_lease()
end
save()
return { posted, #list > limits.page and 1 or 0 }
`,
  'retry': `-- retry: by hand; a job that failed or was cancelled begins again, unless another took one of its keys meanwhile.
-- KEYS  the lane
-- ARGV  2 … ids
-- gives per id '<applied><state>', '-' for no such job

local function retry(id)
  local h = read(id)
  if not h then return '-' end
  if h.state ~= 'f' and h.state ~= 'x' then return '0' .. h.state end
  local keys = keys_of(h, id)
  if first_holder(keys, id) then return '0' .. h.state end
  if h.state == 'x' then count('revived') end
  call('ZREM', h.state == 'x' and cancelled or failed, id)
  h.attempts, h.crashes, h.releases, h.ended = 0, 0, 0, ''
  drop_facet(h, id, 'E')
  drop_facet(h, id, 'R')
  if has(h, 'o') then
    local birth = call('HGET', births, id)
    call('HSET', births, id, (birth:gsub('^([^,]*,[^,\\n]*,)[^,\\n]*', '%1', 1)))
    take_keys(keys, id, born_at(birth))
  end
  ready(id, h)
  return '1r'
end

load('sleepers')
local answers = {}
for i = 2, #ARGV do
  answers[#answers + 1] = retry(ARGV[i])
  flush()
end
save()
return answers
`,
  'schedules': `-- schedules: a page of schedules.
-- KEYS  see book
-- ARGV  2 'ids', 'due' or 'page' · 3 how many at most · 4 … ids; or, with page, owner or '' and the id to go on after or ''
-- gives { now, 1 when there are more, when the first slot of all is due or '', how many the outbox holds, schedules: id, head, body, slots
--       or false; flat }. The two before the last are told with \`due\` only
local how, limit = ARGV[2], tonumber(ARGV[3])
local wanted, more, first, waiting = {}, 0, '', 0
local chunk = 500

local function look_up(key, names)
  local found = {}
  for from = 1, #names, chunk do
    local part = call('HMGET', key, unpack(names, from, math.min(from + chunk - 1, #names)))
    for i = 1, #part do found[from + i - 1] = part[i] end
  end
  return found
end

if how == 'ids' then
  local asked = {}
  for i = 4, #ARGV do asked[i - 3] = ARGV[i] end
  local known = look_up(heads, asked)
  for i = 1, #asked do
    if known[i] and #wanted < limit then wanted[#wanted + 1] = asked[i] end
  end
elseif how == 'due' then
  first, waiting = first_due() or '', call('LLEN', fired)
  if first ~= '' and first <= now then wanted = call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, limit) end
else
  local owner, after = ARGV[4], ARGV[5]
  if owner == '' then
    wanted = call('ZRANGEBYLEX', ids, after == '' and '-' or '(' .. after, '+', 'LIMIT', 0, limit + 1)
  else
    wanted = call('ZRANGEBYLEX', owners, '(' .. owner .. ' ' .. after, '(' .. owner .. '!', 'LIMIT', 0, limit + 1)
    for i = 1, #wanted do wanted[i] = wanted[i]:sub(#owner + 2) end
  end
  if wanted[limit + 1] then
    wanted[limit + 1], more = nil, 1
  end
end

local found = {}
local lines, texts, histories = look_up(heads, wanted), look_up(bodies, wanted), look_up(slots, wanted)
for i = 1, #wanted do
  local k = #found
  found[k + 1], found[k + 2], found[k + 3], found[k + 4] = wanted[i], lines[i], texts[i], histories[i]
end
return { now, more, first, waiting, found }
`,
} as const;

// Generated from redis/lua/ by scripts/embed.mjs. Do not edit.
export const lua = {
  'adding': `-- adding: how jobs come into a lane; shared by enqueue and exchange.
-- A job is three arguments: its local id, its band and what it asks for (mostly nothing; its gates, where it asks for nothing else;
-- or JSON), and \`<task>\\n<body>\`.
-- JSON  due, expires { in = ms } or { at = ms } · keys { { key, until } … } · dup (what to do when one is taken) · only (into a
--       waiting holder with this body, or, where it is empty, behind an active one) · wait (the holder's, at most, in ms) · crash ·
--       attempts · after { name, … } · any (with after: any ending will do) · gates (see gates) · rest (JSON kept with the birth)

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

-- What is new about a job goes into the one that holds its key.
local function renew(id, h, asked, text)
  local birth = call('HGET', births, id)
  local head = h.band + 4 .. birth:match('^.([^,]*,[^,\\n]*)')
  local _, _, json = options(h, id)
  local rest = json ~= '' and cjson.decode(json) or {}
  rest.tags = asked.rest and cjson.decode(asked.rest).tags or nil
  local kept = next(rest) and cjson.encode(rest) or ''
  local line = head .. ',' .. (time_of(asked.expires) or '') .. ',' .. (asked.crash or '') .. ',' .. kept
  birth = line .. text:match('\\n.*$')
  call('HSET', births, id, birth)
  if keeper then keeper.know(id, birth) end
  raise_flag(h, 'o')
end

-- When a scheduled holder shall be due: not later than so long after it was enqueued.
local function due_of_holder(id, asked)
  local at = time_of(asked.due)
  return at and asked.wait and min(at, born_at(call('HGET', births, id)) + asked.wait) or at
end

-- A key is taken: changes its holder as it was asked for. Gives whether it did.
local function change_holder(id, h, asked, text)
  local how, state = asked.dup, h.state
  if how == 'extend' then
    local at = state == 's' and due_of_holder(id, asked)
    if not at or at <= tonumber(h.due) then return false end
    call('ZREM', scheduled, id)
    make_due(id, h, at, 'delay')
    return true
  end
  if not (state == 's' or state == 'r' or (state == 'b' and how == 'follow')) then return false end
  local at = due_of_holder(id, asked)
  renew(id, h, asked, text)
  if state == 's' and how == 'replace' then
    call('ZREM', scheduled, id)
    make_due(id, h, at, 'delay')
  else
    put(id, h)
    touch(id, h)
  end
  return true
end

-- Any will do when none is named.
local function has_body(id, body)
  return not body or body == call('HGET', births, id):match('\\n(.*)$')
end

-- Behind an active one, and whatever else was asked for.
local function wait_for_holder(asked, name)
  local names = { name }
  for _, other in ipairs(asked.after or {}) do
    if other ~= name then names[#names + 1] = other end
  end
  asked.after, asked.any = names, true
end

-- Waits for other jobs, and for \`due\` after that.
local function block(id, h, parents, due)
  h.state, h.due = 'b', due and due > now and due or ''
  call('ZADD', blocked, now, id)
  set_facet(h, id, 'A', table.concat(parents, ' '))
  put(id, h)
  for i = 1, #parents do raise('link', name_of(id), parents[i]) end
end

-- Made for a job that holds a key and waits: it goes into that one, or nowhere.
local function for_holder(asked)
  return asked.keys and asked.only and asked.only ~= ''
end

-- Adds a job that asks for something. Gives its code in the answer: a state, or \`=<holder>,<state>[,replaced]\`.
local function add_asking(id, band, asked, text)
  local keys = asked.keys or {}
  if keys[1] then
    flush()
    local holder = first_holder(keys)
    local h = holder and read(holder)
    if holder and not h then return '=' .. holder .. ',c' end
    if holder then
      local alone = (asked.only or '') == ''
      if asked.dup == 'follow' and h.state == 'a' and alone and not first_holder(keys, holder) then
        wait_for_holder(asked, name_of(holder))
      elseif asked.dup and has_body(holder, asked.only) and change_holder(holder, h, asked, text) then
        return '=' .. holder .. ',' .. h.state .. ',replaced'
      else
        return '=' .. holder .. ',' .. h.state
      end
    elseif for_holder(asked) then
      return '=' .. id .. ',c'
    end
  end
  local line, body = text:match('^([^\\n]*)(\\n.*)$')
  local expires = time_of(asked.expires)
  local plain = not (expires or asked.crash or asked.rest)
  local h = fresh(band, plain and '' or 'o')
  h.attempts = asked.attempts or 0
  if not plain then
    line = line .. ',' .. (expires or '') .. ',' .. (asked.crash or '') .. ',' .. (asked.rest or '')
  end
  local birth = (plain and band or band + 4) .. string.format('%x', now) .. ',' .. line .. body
  add('HSET', births, id, birth)
  take_keys(keys, id, now)
  count('enqueued')
  local due = time_of(asked.due)
  if asked.any then raise_flag(h, 'y') end
  if asked.gates or rules_of_tasks() then gates().know(id, birth) end
  if asked.gates then
    h.gates = asked.gates
    raise_flag(h, 'g')
  end
  if asked.after then block(id, h, asked.after, due) else make_due(id, h, due, 'delay') end
  return h.state
end

-- Its gates, where a job asks for nothing else. 123 is '{'.
local function only_gates(asked)
  return #asked > 1 and asked:byte(2) ~= 123 and asked:sub(2) or nil
end

local function asked_for(asked)
  local gates = only_gates(asked)
  return gates and { gates = gates } or #asked > 1 and cjson.decode(asked:sub(2)) or {}
end

-- Adds \`n\` jobs from ARGV[at] on, in order. Gives a list of codes; a repeated id is recognised and adds nothing.
local function add_jobs(at, n)
  rules_of_tasks()
  local ids, codes, known, gated = {}, {}, {}, {}
  for i = 1, n do
    local base = at + 3 * (i - 1)
    ids[i], gated[#gated + 1] = ARGV[base], only_gates(ARGV[base + 1])
  end
  if gated[1] then gates().prepare(gated) end
  for from = 1, n, chunk do
    local found = call('HMGET', births, unpack(ids, from, min(from + chunk - 1, n)))
    for i = 1, #found do known[from + i - 1] = found[i] and true or false end
  end
  local seen, created, behind, stamp = {}, 0, 0, string.format('%x', now) .. ','
  for i = 1, n do
    local id, base = ids[i], at + 3 * (i - 1)
    if seen[id] or known[i] then
      flush()
      codes[i] = read(id).state
    else
      local asked, text = ARGV[base + 1], ARGV[base + 2]
      if #asked == 1 and m.flow >= 2 then
        gates().know(id, asked .. stamp .. text)
        if gates().concerns(id) then asked = asked .. '{}' end
      end
      if #asked == 1 then
        add('HSET', births, id, asked .. stamp .. text)
        add('RPUSH', bands[asked], id)
        created = created + 1
        codes[i] = 'r'
        seen[id] = true
      elseif asked:byte(2) ~= 123 and m.flow < 2 then
        local band = asked:sub(1, 1)
        add('HSET', births, id, band .. stamp .. text)
        gates().arrive(id, band, asked:sub(2))
        behind = behind + 1
        codes[i] = 'r'
        seen[id] = true
      else
        codes[i] = add_asking(id, asked:sub(1, 1), asked_for(asked), text)
        seen[id] = codes[i]:sub(1, 1) ~= '='
      end
    end
  end
  if created > 0 then woke = true end
  count('enqueued', created + behind)
  return codes
end

-- How many of these jobs would be created and take room, which blocked ones do not. Jobs of one batch know each other's ids and keys.
local function would_create(at, n)
  local ids, taken, created = {}, {}, 0
  for i = 1, n do
    local base = at + 3 * (i - 1)
    local id, asked = ARGV[base], asked_for(ARGV[base + 1])
    local keys = asked.keys or {}
    local free = not (for_holder(asked) or ids[id]) and call('HEXISTS', births, id) == 0
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
-- KEYS  the lane · 30 … what each worker named by \`holders\` holds (with force)
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
`,
  'configure': `-- configure: settings of this lane, unless it has newer ones.
-- KEYS  the lane
-- ARGV  2 their version · 3 '1' when paused · 4 maxReady + 1, or 0 for none · 5 maxActive + 1, or 0 · 6 interval and 7 slack of the
--       rate, or 0 · 8–11 weights, or 0 · 12 '1' when the rate is new · 13 '1' when workers shall look · 14 where a scan of all gates
--       goes on, '0' at first: groups that keep somebody waiting, or wake, are looked at again; '' to leave them · 15 number of rules
--       16 … a task and its rule each (see gates) · a task and its gate each, which is looked at again
-- gives what 14 goes on with, or ''
load('version', 'sleepers', 'tat')
local n = tonumber(ARGV[15])
if tonumber(ARGV[2]) > m.version then
  local flow = n > 0 and 2 or 0
  for i = 5, 11 do
    if ARGV[i] ~= '0' then flow = 2 * math.floor(flow / 2) + 1 end
  end
  m.flow = flow
  call('HSET', meta, 'version', ARGV[2], 'paused', ARGV[3], 'maxReady', ARGV[4], 'maxActive', ARGV[5], 'every', ARGV[6], 'slack', ARGV[7],
    'w0', ARGV[8], 'w1', ARGV[9], 'w2', ARGV[10], 'w3', ARGV[11], 'flow', flow)
  call('DEL', KEYS[29])
  local told = {}
  for i = 16, 15 + 2 * n do told[#told + 1] = ARGV[i] end
  send('HSET', KEYS[29], told)
end
-- A rate that was slow before keeps nobody waiting.
if ARGV[12] == '1' then change.tat = whole(min(m.tat, now * 1000 + ARGV[7] + ARGV[6])) end

for i = 16 + 2 * n, #ARGV, 2 do gates().reconsider(ARGV[i + 1], ARGV[i]) end
local on = ''
if ARGV[14] ~= '' then
  local cursor, page = unpack(call('HSCAN', KEYS[27], ARGV[14], 'MATCH', 'g*', 'COUNT', limits.page))
  for i = 1, #page, 2 do gates().reconsider(page[i], nil, page[i + 1]) end
  if cursor ~= '0' then on = cursor end
end
save()
if ARGV[13] == '1' then call(PUBLISH, tag .. 'work', 'ready') end
return on
`,
  'counts': `-- counts: what this lane holds.
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
  if codes[i] ~= 'r' then return remember(table.concat(codes, '\\n')) end
end
return remember('r')
`,
  'exchange': `-- exchange: settle what ended, renew the lease, promote what is due, claim the next batch, hand back cancellations.
-- KEYS  the lane · 30 what this worker holds
-- ARGV  2 worker · 3 lease · 4 places free · 5 '1' when it may be handed a suspect, alone · 6 number of settlements · 7 … in runs of one
--       code: \`<how many><code>\`, then per settlement id · fence · what the code announces. A code is an outcome (c completed,
--       t retry, s snoozed, f failed, x cancelled, l released) and letters: 0 keep nothing · k keep · r result · n in · y reason or
--       why · e error · p its group pauses · + jobs of this lane (their number, then three each, see adding) · o jobs of others (their number, then one
--       text each for the outbox)
-- gives { now, states of the settled, first fence, claimed jobs (id, birth; where something happened before \`!\` and id, birth, header,
--       checkpoint, steps; flat), ids to cancel, dueIn or '', more, paused, suspects, outbox, alone, overdue } — or { now, 'GONE', paused } and
--       nothing was done
local worker, lease, want, alone, n = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5] == '1', tonumber(ARGV[6])
local holds = KEYS[first]

load('paused', 'beat', 'grace', 'longest', 'fence', 'takes', 'ghosts', 'sleepers', 'active', 'completed', 'flow', 'wake')
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
    if given.p and has(h, 'g') then gates().pause(id, h, tonumber(given.n)) end
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
    elseif flag == 'p' then
      given.p = true
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
-- From the flags on, where there are no others: what was passed of its gates, and these.
local only_gates = '^g([ijk]),[%d,]*,([^,\\n]*)\\n'
-- The gates of a job, from its header.
local gated = '^[^,]*,[^,]*,[^,]*,%a*g%a*,[^\\n]*,([^\\n]*)\\n'
-- Those of the settled jobs that have any, read at once for all from number \`from\` on, and how many of them were passed.
local gate_lists, stages
local function prepare(from)
  local list = {}
  gate_lists, stages = {}, {}
  for i = from, n do
    local text = texts[ids[i]]
    if text then
      stages[i], gate_lists[i] = text:match(only_gates, 4 + #fences[i] + #tail)
      list[#list + 1] = gate_lists[i] or text:match(gated)
    end
  end
  gates().prepare(list, 'ended')
end
for i = 1, n do
  local id, fence, code = ids[i], fences[i], codes[i]
  local text = texts[id]
  local flags_at = 4 + #fence + #tail
  -- 44 is ',': without flags nothing was asked for. 103 is 'g'.
  local first_flag = text and byte(text, flags_at)
  if first_flag == 103 and not stages then prepare(i) end
  local stage = first_flag == 103 and stages[i]
  -- Active (97 is 'a'), and held by this worker under this fence.
  if not text or byte(text) ~= 97 or find(text, fence, 4, true) ~= 4 or find(text, tail, 4 + #fence, true) ~= 4 + #fence then
    settled[i] = '-'
  elseif (code == 'c0' or code == 'c' or code == 'cr') and (first_flag == 44 or stage) then
    -- The common case: nobody watches, nothing but gates was asked for at birth, nothing happened before.
    if stage then gates().complete(gate_lists[i], stage) end
    if code == 'c0' then
      forgotten[#forgotten + 1] = id
    else
      local attempts, counted, times = text:match('^(%d+)(,%d+,%d+,)([^,]*,[^,]*,)', flags_at + (stage and 3 or 1))
      local flags = ''
      if code == 'cr' then
        flags = 'R'
        add('HSET', facets, 'R' .. id, ARGV[places[i]])
      end
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
    if not stages and has(h, 'g') then prepare(i) end
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
  local c, f, x, t = (call('HGET', KEYS[20], minute) or '0,0,0,0'):match('^(%d+),(%d+),(%d+),(%d+)$')
  call('HSET', KEYS[20], minute, c + figures.c .. ',' .. f + figures.f .. ',' .. x + figures.x .. ',' .. t + figures.t)
end

if effects[1] then carry() end

-- Renew, promote, wake ----------------------------------------------------------------------------------------------------------

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
if keeper or (m.wake > 0 and m.wake <= now) then
  gates().look_at_clock()
  flush()
end

-- The queue's own bounds ----------------------------------------------------------------------------------------------------

local asked, weights = want, nil
if m.flow % 2 == 1 then
  load('maxActive', 'every', 'slack', 'tat', 'w0', 'w1', 'w2', 'w3')
  if m.w0 + m.w1 + m.w2 + m.w3 > 0 then weights = { [0] = m.w0, m.w1, m.w2, m.w3 } end
end

-- How many more may be claimed now, and when the next one may, where only the rate is against it.
local function allowed()
  if m.flow % 2 == 0 then return math.huge end
  local most = m.maxActive > 0 and m.maxActive - 1 - m.active - (tally.active or 0) or math.huge
  if m.every == 0 or most <= 0 then return most end
  local over = m.tat - m.slack
  if over > now * 1000 then return 0, math.ceil(over / 1000) end
  return min(most, math.floor((now * 1000 + m.slack - max(m.tat, now * 1000)) / m.every) + 1)
end
want = min(want, (allowed()))

-- Claim -------------------------------------------------------------------------------------------------------------------

local jobs, fence, taken, apart = {}, max(m.fence + 1, micros), 0, false
local left, waiting, looked = {}, 0, 0

-- What stands in the bands, ghosts left out.
local function size_up()
  waiting = 0
  for band = 0, 3 do
    local size = call('LLEN', KEYS[4 + band])
    if m.ghosts + (tally.ghosts or 0) > 0 and size > 0 then size = size - (tonumber(call('HGET', ghosts, '#' .. band)) or 0) end
    left[band] = size
    waiting = waiting + size
  end
end
size_up()

local begun_headers, begun_holds = {}, {}
local before, after = ',' .. worker .. ',', ',0,0,0,,' .. now .. ',,'

-- What nothing has happened to but that it passed its gates: how many, and these.
local only_passed = '^r%d,,,g([ijk]),0,0,0,,,,([^\\n]*)\\n$'

-- A job past its expiry is cancelled instead, and one whose gates have closed is parked.
local function begin(id, birth, text, stage, list)
  if stage then
    local band = text:sub(2, 2)
    if gates().begin_simply(list, stage, band) then
      local mark, k = whole(fence + taken), 2 * taken
      begun_headers[k + 1], begun_holds[k + 1], begun_holds[k + 2] = id, id, mark
      begun_headers[k + 2] = 'a' .. band .. ',' .. mark .. before .. 'g' .. stage .. after .. list .. '\\n'
      taken = taken + 1
      jobs[#jobs + 1] = id
      jobs[#jobs + 1] = birth
      return true
    end
  end
  local kind = birth:byte() - 48
  if kind >= 4 then
    local expires = tonumber((birth:match('^[^,]*,[^,\\n]*,([^,]*),')))
    if expires and expires <= now then
      local h = text and parse(text) or born(birth)
      finish(id, h, 'x', 'expired')
      return false
    end
  end
  local h = text and parse(text)
  if (h and has(h, 'g')) or m.flow >= 2 then
    gates().know(id, birth)
    h = h or born(birth)
    if not gates().begin(id, h) then return false end
    text = text or has(h, 'g')
  end
  local mark, k = whole(fence + taken), 2 * taken
  begun_headers[k + 1], begun_holds[k + 1], begun_holds[k + 2] = id, id, mark
  taken = taken + 1
  k = #jobs
  if text then
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
  local begun, stages, lists, with_gates = 0, {}, {}, {}
  for i = 1, #list do
    local text = headers_found[i]
    if text then
      stages[i], lists[i] = text:match(only_passed)
      with_gates[#with_gates + 1] = lists[i] or text:match(gated)
    end
  end
  if with_gates[1] then gates().prepare(with_gates, 'begun') end
  for i = 1, #list do
    if births_found[i] and begin(list[i], births_found[i], headers_found[i], stages[i], lists[i]) then begun = begun + 1 end
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
    if keeper then
      -- In the place of those that have begun others may have joined.
      flush()
      size_up()
    end
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
    local share = live > 1 and not weights and math.floor((takes + want) / limits.lowestShare) - math.floor(takes / limits.lowestShare) or 0
    if weights then
      -- The takes go round: in each round first come those of band 0, as many as it weighs, then those of band 1, and so on.
      local round, before, shares = 0, 0, {}
      for band = 0, 3 do
        if left[band] == 0 then weights[band] = 0 end
        round = round + weights[band]
      end
      for band = 0, 3 do
        local weight = weights[band]
        local function share(n)
          return math.floor(n / round) * weight + min(max(n % round - before, 0), weight)
        end
        shares[band] = round > 0 and share(takes + want) - share(takes) or 0
        before = before + weight
      end
      for band = 0, 3 do take(band, shares[band]) end
    end
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
    if m.flow % 2 == 1 and m.every > 0 then
      m.tat = max(m.tat, now * 1000) + taken * m.every
      change.tat = whole(m.tat)
    end
  end
end
local more, token = allowed()
if waiting == 0 or m.paused ~= 0 then token = nil end
more = waiting > 0 and more > 0
-- A place of the queue itself may have become free.
if more and n > 0 and m.flow % 2 == 1 then woke = true end
local wakes = keeper and keeper.wake() or m.wake
local next_look = math.huge
if next_due then next_look = min(next_look, next_due) end
if wakes > 0 then next_look = min(next_look, wakes) end
if token then next_look = min(next_look, token) end
-- Nothing is left for anybody, and this worker has room: whoever brings work calls out.
if taken < asked and not apart then
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
  now, table.concat(settled), whole(fence), jobs, cancels, next_look < math.huge and max(0, next_look - now) or '',
  more and 1 or 0, m.paused, call('LLEN', suspects), call('LLEN', KEYS[23]), apart and 1 or 0,
  overdue and now >= m.grace and 1 or 0,
}
`,
  'find': `-- find: all that is known of some jobs.
-- KEYS  the lane
-- ARGV  2 '1' to watch them until they are settled · 3 … ids, or \`=\` and the caller's own name
-- gives per job { id, birth, header or '', facets: letter and text; flat; and of a parked one '@' and when its gate opens }, or false
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
    local opens = h.state == 'r' and h.reason ~= '' and gates().opens(id, h)
    if opens then
      found[#found + 1] = '@'
      found[#found + 1] = whole(opens)
    end
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
  'gates': `-- gates: the lines that workers take from, and the gates on the way there (decision 0010 tells the rules).
-- A gate is named by the letter of its kind (o, g, t) and its key, encoded.
-- Those of a job stand in its header, innermost first, \`<name>:<max>:<interval>:<slack>:<turn>:<1 to hold failed>:<rate for people>\`
-- each, a blank between them; nothing where nothing is said.
-- gates   by name \`<taken>,<tat>,<until>,<wake>,<terms>\`, and for each band where somebody is \`,<band>:<queued>:<waits>\`; nothing for 0.
--         terms: from the name on, what those that wait say of it, or '-' where they do not say the same
-- parked  \`<name> <band><since when it waits, 13 digits> <id>\`: those of a gate stand together, by ticket
-- rules   of a task by its name: \`<paused>,<max>,<interval>,<slack>,<max>,<interval>,<slack>,<gate>\`, the second three of each of its
--         groups, the last what jobs without one are given; '' where nothing is said, '-' for no bound
-- Of meta, \`flow\` adds up 1 when the queue itself has bounds and 2 when there are rules, and \`wake\` is when the first gate wakes.

-- Gates ---------------------------------------------------------------------------------------------------------------

local function crash_limit(h, id)
  local _, limit = options(h, id)
  return tonumber(limit) or limits.crashes
end

-- Joins the line where workers find it, at the tail or the front. Two lost workers of three: a job on its last life runs alone.
local function line_up(id, h, how)
  local apart = h.crashes > 0 and h.crashes >= crash_limit(h, id) - 1
  add(how == 'front' and 'LPUSH' or 'RPUSH', apart and suspects or bands[h.band], id)
  put(id, h)
  touch(id, h)
  woke = true
end

-- Whether something is said of single tasks.
local function rules_of_tasks()
  if not m.flow then load('flow', 'sleepers') end
  return m.flow >= 2
end

-- Who keeps the gates while this script runs: reads each once, and writes it back once.
local function gates()
  if keeper then return keeper end
  keeper = {}
  local parked, states, alarms, rules = KEYS[26], KEYS[27], KEYS[28], KEYS[29]
  local huge, ceil, now_micros = math.huge, math.ceil, now * 1000
  local letters, numbers = { 'i', 'j', 'k' }, { i = 1, j = 2, k = 3 }
  local digits, places = { '0', '1', '2', '3' }, { ['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4 }

  -- Numbers as texts and back, nothing for 0. Most come again, and Lua's own way is slow.
  local written = setmetatable({ [0] = '' }, { __index = function(texts, n)
    local text = n .. ''
    texts[n] = text
    return text
  end })
  local value = setmetatable({ [''] = 0 }, { __index = function(numbers, text)
    local n = tonumber(text)
    numbers[text] = n
    return n
  end })

  local function passed(h)
    return numbers[h.flags:match('[ijk]')] or 0
  end

  local function set_passed(h, n)
    h.flags = h.flags:gsub('[ijk]', '') .. (letters[n] or '')
  end

  -- What gates of a kind say, by its text. \`own_turn\`: where no rate makes it 1.
  local said = { o = {}, g = {}, t = {} }

  local function terms_of(kind, text)
    local terms = said[kind][text]
    if not terms then
      local most, every, slack, turn, hold = text:match('^:(%w*):(%d*):(%d*):(%w*):(%d*):')
      terms = {
        kind = kind, text = text, most = kind == 'o' and 1 or tonumber(most) or huge, every = tonumber(every), slack = tonumber(slack),
        own_turn = tonumber(turn), turn = tonumber(turn) or (every == '' and huge or 1), hold = hold == '1',
      }
      said[kind][text] = terms
    end
    return terms
  end

  -- Gates: queued in 1 to 4, waits in 5 to 8, in 9 to 12 the first that wait, by band. \`stale\`: who waits has changed and is not
  -- sent. \`slept\`: \`wake\` as it is written. \`stirred\`: those that may wake at another time than is written.
  local known, stirred = {}, {}

  local function keep(name, text)
    local state = {
      0, 0, 0, 0, 0, 0, 0, 0, false, false, false, false,
      name = name, taken = 0, tat = 0, rest = 0, wake = 0, terms = '', stale = false, stored = text,
    }
    if text then
      local taken, terms, band, queued, waits = text:match('^(%d*),,,,([^,]*),(%d):(%d*):(%d*)$')
      if taken then
        band = places[band]
        state.taken, state.terms, state[band], state[band + 4] = value[taken], terms, value[queued], value[waits]
      else
        local tat, rest, wake, figures
        taken, tat, rest, wake, terms, figures = text:match('^(%d*),(%d*),([%d.]*),([%d.]*),([^,]*)(.*)$')
        for band, queued, waits in figures:gmatch(',(%d):(%d*):(%d*)') do
          band = places[band]
          state[band], state[band + 4] = value[queued], value[waits]
        end
        state.taken, state.tat, state.rest, state.wake, state.terms = value[taken], value[tat], value[rest], value[wake], terms
        if wake ~= '' then state.slept = state.wake end
      end
    end
    known[name] = state
    return state
  end

  local function waits_at(state)
    return state[5] + state[6] + state[7] + state[8]
  end

  local function text_of(state, anybody)
    local times = ',,,,'
    if state.tat ~= 0 or state.rest ~= 0 or state.wake ~= 0 then
      times = ',' .. (state.tat == 0 and '' or whole(state.tat)) .. ',' .. written[state.rest] .. ',' .. written[state.wake] .. ','
    end
    local text = written[state.taken] .. times .. (anybody and state.terms or '')
    for band = 1, 4 do
      local queued, waits = state[band], state[band + 4]
      if queued > 0 or waits > 0 then text = text .. ',' .. digits[band] .. ':' .. written[queued] .. ':' .. written[waits] end
    end
    return text
  end

  local function forget_heads(state)
    state[9], state[10], state[11], state[12] = false, false, false, false
  end

  -- Gates where turns keep all that wait, whoever ends: how many have passed, and the rest of their text. Most are only counted down.
  local counts, tails = {}, {}

  local function gate_of(name)
    local state = known[name]
    if state then return state end
    local tail = tails[name]
    if not tail then return keep(name, call('HGET', states, name)) end
    tails[name] = nil
    state = keep(name, written[counts[name]] .. tail)
    state.stored = ''
    return state
  end

  -- What jobs and settings say: gates by their text; births by id; rules by task.
  local parsed, seen, ruled = {}, {}, {}
  local none = {}

  local function parse_gates(text)
    local list = parsed[text]
    if list then return list end
    local name, terms = text:match('^([^ :]+)(%S+)$')
    if name then
      list = { { name = name, terms = terms_of(name:sub(1, 1), terms) } }
    else
      list = {}
      for name, terms in text:gmatch('([^ :]+)(%S+)') do
        list[#list + 1] = { name = name, terms = terms_of(name:sub(1, 1), terms) }
      end
    end
    parsed[text] = list
    return list
  end

  local function birth_of(id)
    local birth = seen[id]
    if not birth then
      birth = call('HGET', births, id)
      seen[id] = birth
    end
    return birth
  end

  -- '' leaves it to the job, '-' is no bound.
  local function bound(text)
    if text == '' then return nil end
    return text == '-' and huge or tonumber(text)
  end

  local function rule_about(task)
    if ruled[task] == nil then
      local text = call('HGET', rules, task)
      if text then
        local paused, most, every, slack, group, group_every, group_slack, gate =
          text:match('^([^,]*),([^,]*),([^,]*),([^,]*),([^,]*),([^,]*),([^,]*),(.*)$')
        ruled[task] = {
          t = { most = bound(most), every = bound(every), slack = tonumber(slack) },
          g = { most = bound(group), every = bound(group_every), slack = tonumber(group_slack) },
          paused = paused == '1', gate = gate, terms = {},
        }
      else
        ruled[task] = false
      end
    end
    return ruled[task] or nil
  end

  local function rule_of(id)
    if rules_of_tasks() then return rule_about(birth_of(id):match('^[^,]*,([^,\\n]*)')) end
  end

  -- What holds at a gate: what the rule says, else what the gate says.
  local function under(rule, terms)
    local own = rule and rule[terms.kind]
    if not own then return terms end
    local both = rule.terms[terms]
    if not both then
      local every, slack = terms.every, terms.slack
      if own.every then every, slack = own.every, own.slack end
      if every == huge then every = nil end
      both = {
        kind = terms.kind, text = terms.text, paused = terms.kind == 't' and rule.paused, most = own.most or terms.most, every = every,
        slack = slack, turn = terms.own_turn or (every and 1 or huge), hold = terms.hold,
      }
      rule.terms[terms] = both
    end
    return both
  end

  -- The gates of a job and the rule of its task. With \`attach\`, a gate that the rule asks for is written down.
  local function gates_of(id, h, attach)
    local list, rule = h.gates and parse_gates(h.gates) or none, rule_of(id)
    if attach and rule and rule.gate ~= '' and (not h.gates or list[#list].terms.kind ~= 't') then
      h.gates = h.gates and h.gates .. ' ' .. rule.gate or rule.gate
      raise_flag(h, 'g')
      list = parse_gates(h.gates)
    end
    return list, rule
  end

  -- An order gate knows one band.
  local function band_in(gate, priority)
    return gate.terms.kind == 'o' and 1 or places[priority]
  end

  -- Why a gate is closed to a job, and when time opens it; nothing when it is open. \`taken\`: of those that count for its \`max\`.
  local function closed(state, terms, taken)
    if terms.paused then return 'paused' end
    if taken >= terms.most then return 'max' end
    local opens = state.rest
    if terms.every and state.tat - terms.slack > now_micros then opens = max(opens, ceil((state.tat - terms.slack) / 1000)) end
    if opens > now then return 'time', opens end
  end

  -- What holds for all that wait at a gate, where that is the same for all and known.
  local function common(state)
    if state.terms == '' or state.terms == '-' or rules_of_tasks() then return nil end
    return terms_of(state.name:sub(1, 1), state.terms)
  end

  -- One more waits at a gate.
  local function stand_by(id, gate, band, since)
    local state = gate_of(gate.name)
    if waits_at(state) == 0 then
      state.terms = gate.terms.text
    elseif state.terms ~= gate.terms.text then
      state.terms = '-'
    end
    state[band + 4] = state[band + 4] + 1
    forget_heads(state)
    state.stale = true
    add('ZADD', parked, '0', gate.name .. ' ' .. digits[band] .. since .. ' ' .. id)
    count('parked')
  end

  -- Reads many at once. \`ended\`: of jobs that end.
  local function look_at(names, ended)
    local new = {}
    for i = 1, #names do
      local name = names[i]
      if tails[name] then
        gate_of(name)
      elseif not known[name] then
        new[#new + 1] = name
      end
    end
    ended = ended and not rules_of_tasks()
    for from = 1, #new, chunk do
      local found = call('HMGET', states, unpack(new, from, min(from + chunk - 1, #new)))
      for i = 1, #found do
        local name, text = new[from + i - 1], found[i]
        local taken, tail, terms, queued
        if ended and text then taken, tail, terms, queued = text:match('^(%d+)(,,,,([^,-][^,]*),%d:(%d+):%d+)$') end
        if taken and value[queued] >= terms_of(name:sub(1, 1), terms).turn then
          counts[name], tails[name] = value[taken], tail
        else
          keep(name, text)
        end
      end
    end
  end

  -- In front of its gate number \`n\`, which is closed, or where others wait.
  local function park(id, h, list, n, since)
    since = since or string.format('%013.0f', max(born_at(birth_of(id)), tonumber(h.due) or 0))
    h.state, h.reason = 'r', since
    set_passed(h, n - 1)
    stand_by(id, list[n], band_in(list[n], h.band), since)
    put(id, h)
    touch(id, h)
  end

  -- Passes the gates from number \`n\` on; the number of the one in front of which it stops.
  local function pass(list, n, priority, rule)
    for i = n, #list do
      local gate = list[i]
      local state, band, terms = gate_of(gate.name), band_in(gate, priority), under(rule, gate.terms)
      local why, opens = state[band + 4] > 0
      if not why then why, opens = closed(state, terms, state.taken) end
      if why or state[band] >= terms.turn then
        if opens and (state.wake == 0 or opens < state.wake) then state.wake, stirred[gate.name] = opens, state end
        if opens and opens - now <= limits.soon then woke = true end
        return i
      end
      state.taken, state[band] = state.taken + 1, state[band] + 1
    end
  end

  -- On from gate number \`n\`: whether it has passed all. Otherwise it is parked.
  local function climb_from(id, h, n, list, rule, since)
    local stops = pass(list, n, h.band, rule)
    if stops then
      park(id, h, list, stops, since)
    else
      set_passed(h, #list)
    end
    return not stops
  end

  -- A job becomes ready. \`again\`: it was active, and has passed all of its gates.
  function keeper.climb(id, h, again)
    local n = passed(h)
    local list, rule = gates_of(id, h, not again)
    for i = 1, n do
      local state, band = gate_of(list[i].name), band_in(list[i], h.band)
      state[band] = state[band] + 1
    end
    return again or climb_from(id, h, n + 1, list, rule)
  end

  local function number_in(list, name)
    for i = 1, #list do
      if list[i].name == name then return i end
    end
  end

  -- On by its header, in pieces: its place, what is counted, its gates, and since when it waits. Behind gate \`name\`, or from the first.
  local function go_on(id, place, counted, gates, since, name)
    local priority, letter, stops, list = place:sub(2, 2), 'i', nil, nil
    if not name or gates:find(' ', 1, true) then
      list = parse_gates(gates)
      stops = pass(list, name and number_in(list, name) + 1 or 1, priority)
      letter = letters[stops and stops - 1 or #list] or ''
    end
    local text = place .. letter .. counted .. gates .. '\\n' .. (stops and since or '')
    unsent[id] = text
    add('HSET', headers, id, text)
    if stops then return stand_by(id, list[stops], band_in(list[stops], priority), since) end
    add('RPUSH', bands[priority], id)
    woke = true
  end

  local since_now = string.format('%013.0f', now)

  -- A job has come in that asks for nothing but these gates.
  function keeper.arrive(id, priority, text)
    go_on(id, 'r' .. priority .. ',,,g', ',0,0,0,,,,', text, since_now)
  end

  -- Members, ids and headers of the first that wait in a band, in turn. The headers hold as long as nothing is sent.
  local function read_heads(state, band, size)
    if state.stale then
      flush()
      state.stale = false
    end
    local begin, place = state.name .. ' ', digits[band]
    local members = call('ZRANGEBYLEX', parked, '[' .. begin .. place, '(' .. begin .. (digits[band + 1] or '4'), 'LIMIT', '0', written[size])
    -- Behind name, band, time and two blanks.
    local id_at = #begin + 16
    -- Mostly it is one: then the table is made in its full size at once.
    local heads = { members[1], members[1] and members[1]:sub(id_at), members[1] and '', at = 1, unsent = unsent }
    for i = 2, #members do
      heads[3 * i - 2], heads[3 * i - 1], heads[3 * i] = members[i], members[i]:sub(id_at), ''
    end
    state[band + 8] = heads
    return heads
  end

  local function read_headers_of(lists)
    local ids = {}
    for i = 1, #lists do
      for at = 2, #lists[i], 3 do ids[#ids + 1] = lists[i][at] end
    end
    local n, texts = 0, {}
    for from = 1, #ids, chunk do
      local found = call('HMGET', headers, unpack(ids, from, min(from + chunk - 1, #ids)))
      for i = 1, #found do texts[from + i - 1] = found[i] end
    end
    for i = 1, #lists do
      for at = 3, #lists[i], 3 do
        n = n + 1
        lists[i][at] = texts[n]
      end
    end
  end

  -- The first that waits in a band: its id and header.
  local function head_of(state, band)
    local heads = state[band + 8]
    if not heads or not heads[heads.at] or heads.unsent ~= unsent then
      heads = read_heads(state, band, heads and heads.at > 1 and 20 or 2)
      read_headers_of({ heads })
    end
    local id = heads[heads.at + 1]
    return id, unsent[id] or heads[heads.at + 2]
  end

  -- The first of a band passes the gate, and climbs on.
  local function let_through(state, band, id, text)
    local heads = state[band + 8]
    add('ZREM', parked, heads[heads.at])
    heads.at = heads.at + 3
    state.stale = true
    state.taken, state[band], state[band + 4] = state.taken + 1, state[band] + 1, state[band + 4] - 1
    count('parked', -1)
    -- Mostly nothing is known of the job but its gates.
    local place, counted, list, since = text:match('^(r%d,,,g)[ij]?(,%d+,0,%d+,[^,]*,[^,]*,[^,]*,)([^\\n]*)\\n(%d+)$')
    if place and not rules_of_tasks() then return go_on(id, place, counted, list, since, state.name) end
    local h = parse(text)
    local list, rule = gates_of(id, h, true)
    local n, since = number_in(list, state.name), h.reason
    set_passed(h, n)
    if not climb_from(id, h, n + 1, list, rule, since) then return end
    h.reason = ''
    line_up(id, h)
  end

  -- Lets through whom it can, and says when to look again.
  local function look(state)
    local through, band, shared = 0, 1, common(state)
    state.wake = 0
    while band <= 4 do
      if state[band + 4] == 0 then
        band = band + 1
      else
        local terms, id, text = shared
        if not terms then
          id, text = head_of(state, band)
          local list = parse_gates(text:match(',([^,\\n]*)\\n'))
          terms = under(rule_of(id), list[number_in(list, state.name)].terms)
        end
        local why, opens = closed(state, terms, state.taken)
        if why then
          state.wake = opens or 0
          break
        elseif state[band] >= terms.turn then
          band = band + 1
        else
          if not id then id, text = head_of(state, band) end
          let_through(state, band, id, text)
          through, band = through + 1, 1
          if through == limits.through then
            state.wake = now
            break
          end
        end
      end
    end
  end

  -- After anything that may have opened a gate.
  local function open(name)
    local state = gate_of(name)
    if waits_at(state) > 0 then look(state) end
    if waits_at(state) == 0 then
      state.wake = 0
      if state.taken == 0 then
        local over = max(state.rest, ceil(state.tat / 1000))
        if over > now then state.wake = over else state.rest, state.tat = 0, 0 end
      end
    end
    if state.wake ~= (state.slept or 0) then stirred[name] = state end
  end

  -- A job ends, is forgotten, or becomes scheduled; \`kept\`: what it becomes, where that may keep the place of its order.
  function keeper.leave(id, h, kept)
    local n, waits = passed(h), h.state == 'r' and h.reason ~= ''
    if n == 0 and not waits then return end
    local list = gates_of(id, h)
    local keeps = n > 0 and kept and list[1].terms.kind == 'o' and (kept == 's' or list[1].terms.hold)
    for i = 1, n do
      local state, band = gate_of(list[i].name), band_in(list[i], h.band)
      if h.state == 'r' then state[band] = state[band] - 1 end
      if i > 1 or not keeps then state.taken = state.taken - 1 end
    end
    if waits then
      local gate = list[n + 1]
      local state, band = gate_of(gate.name), band_in(gate, h.band)
      if state.stale then flush() end
      add('ZREM', parked, gate.name .. ' ' .. digits[band] .. h.reason .. ' ' .. id)
      state[band + 4] = state[band + 4] - 1
      forget_heads(state)
      state.stale = true
      count('parked', -1)
    end
    set_passed(h, keeps and 1 or 0)
    for i = waits and n + 1 or n, keeps and 2 or 1, -1 do open(list[i].name) end
  end

  -- An active job completes that has passed so many of these gates, and of which nothing else need be known.
  function keeper.complete(text, stage)
    local list = parse_gates(text)
    for i = 1, numbers[stage] do
      local name = list[i].name
      if tails[name] then
        counts[name] = counts[name] - 1
      else
        local state = gate_of(name)
        state.taken = state.taken - 1
      end
    end
    for i = numbers[stage], 1, -1 do
      if not tails[list[i].name] then open(list[i].name) end
    end
  end

  -- The first of a job's gates that does not agree to its beginning.
  local function against(list, n, priority, rule)
    for i = 1, #list do
      local gate = list[i]
      local state, band = gate_of(gate.name), band_in(gate, priority)
      local active = gate.terms.kind == 'o' and 0 or state.taken - state[1] - state[2] - state[3] - state[4]
      -- Of one that was given to it just now the others that wait go first.
      if (i > n and state[band + 4] > 0) or closed(state, under(rule, gate.terms), active) then return i end
    end
  end

  -- All agree.
  local function become_active(list, n, priority, rule)
    for i = 1, #list do
      local state, band, terms = gate_of(list[i].name), band_in(list[i], priority), under(rule, list[i].terms)
      if i > n then state.taken = state.taken + 1 else state[band] = state[band] - 1 end
      if terms.every then state.tat = max(state.tat, now_micros) + terms.every end
    end
    for i = #list, 1, -1 do open(list[i].name) end
  end

  -- A job comes to the head of a line: whether it may begin. Otherwise it is parked.
  function keeper.begin(id, h)
    local n = passed(h)
    local list, rule = gates_of(id, h, true)
    local stops = against(list, n, h.band, rule)
    if not stops then
      set_passed(h, #list)
      become_active(list, n, h.band, rule)
      return true
    end
    for i = stops, n do
      local state, band = gate_of(list[i].name), band_in(list[i], h.band)
      state.taken, state[band] = state.taken - 1, state[band] - 1
    end
    park(id, h, list, stops)
    for i = max(stops, n), stops, -1 do open(list[i].name) end
    return false
  end

  -- The same for one that has passed so many of these gates; where it is not as simple as that, false, and nothing has happened.
  function keeper.begin_simply(text, stage, priority)
    local list = parse_gates(text)
    if rules_of_tasks() or numbers[stage] ~= #list or against(list, #list, priority) then return false end
    become_active(list, #list, priority)
    return true
  end

  -- The innermost group or task of a job begins nothing for so many milliseconds.
  function keeper.pause(id, h, ms)
    local list = gates_of(id, h)
    for i = 1, #list do
      if list[i].terms.kind ~= 'o' then
        local state = gate_of(list[i].name)
        state.rest = max(state.rest, now + ms)
        return
      end
    end
  end

  -- Reads the gates that these texts name, each standing for a job, and whom they will let through, as far as that is known:
  -- when all the jobs have \`begun\`, or \`ended\`.
  function keeper.prepare(texts, what)
    local names, jobs = {}, {}
    for i = 1, #texts do
      local list = parse_gates(texts[i])
      for k = 1, #list do
        local name = list[k].name
        if not jobs[name] then names[#names + 1] = name end
        jobs[name] = (jobs[name] or 0) + 1
      end
    end
    look_at(names, what == 'ended')
    if not what then return end
    local lists = {}
    for i = 1, #names do
      local state = known[names[i]]
      local terms, band = state and common(state), 1
      while terms and band < 5 and state[band + 4] == 0 do band = band + 1 end
      if terms and band < 5 then
        local n = jobs[names[i]]
        local taken = what == 'ended' and state.taken - n or state.taken
        local turns = terms.turn - state[band] + (what == 'begun' and n or 0)
        local size = closed(state, terms, taken) and 0 or min(state[band + 4], turns, terms.most - taken, limits.through)
        if size > 0 then lists[#lists + 1] = read_heads(state, band, size) end
      end
    end
    read_headers_of(lists)
  end

  -- A birth that is not sent yet, or was read already, or has changed.
  function keeper.know(id, birth)
    seen[id] = birth
  end

  -- Whether a job that asks for nothing has a gate all the same.
  function keeper.concerns(id)
    local rule = rule_of(id)
    return rule and rule.gate ~= ''
  end

  -- When a parked job's gate opens, where that is a matter of time.
  function keeper.opens(id, h)
    local list, rule = gates_of(id, h)
    local gate = list[passed(h) + 1]
    local state = gate_of(gate.name)
    local _, opens = closed(state, under(rule, gate.terms), state.taken)
    return opens
  end

  -- When the first gate wakes, 0 for none; where it was not loaded and nothing has moved, nobody needs to know.
  function keeper.wake()
    local moved = next(stirred)
    for name, state in pairs(stirred) do
      if state.wake ~= (state.slept or 0) then
        if state.wake == 0 then call('ZREM', alarms, name) else call('ZADD', alarms, state.wake, name) end
        state.slept = state.wake
      end
    end
    stirred = {}
    if moved then
      m.wake = tonumber(call('ZRANGE', alarms, 0, 0, 'WITHSCORES')[2]) or 0
      change.wake = m.wake
    end
    return m.wake
  end

  -- Opens the gates whose wake has come.
  function keeper.look_at_clock()
    local first = keeper.wake()
    if first == 0 or first > now then return end
    local due = call('ZRANGEBYSCORE', alarms, '-inf', now, 'LIMIT', 0, limits.wake)
    look_at(due)
    for i = 1, #due do open(due[i]) end
  end

  -- Settings have changed: a gate that there is opens when an exchange comes. A rate that was slow before keeps nobody waiting.
  -- \`text\`: of one that was read already, and of which nothing is said unless it keeps somebody waiting, or wakes.
  function keeper.reconsider(name, task, text)
    local state = known[name] or (text and keep(name, text)) or gate_of(name)
    if not state.stored then return end
    if text and state.wake == 0 and waits_at(state) == 0 then return end
    state.wake, stirred[name] = now, state
    local rule = task and rule_about(task)
    local every = rule and rule.t.every
    if every and every < huge then state.tat = min(state.tat, now_micros + rule.t.slack + every) end
  end

  function keeper.save()
    for name, tail in pairs(tails) do add('HSET', states, name, written[counts[name]] .. tail) end
    for name, state in pairs(known) do
      local waits = waits_at(state)
      if state.taken > 0 or waits > 0 or state.wake > 0 then
        local text = text_of(state, waits > 0)
        if text ~= state.stored then add('HSET', states, name, text) end
      elseif state.stored then
        add('HDEL', states, name)
      end
    end
    keeper.wake()
  end

  return keeper
end
`,
  'know': `-- know: the registry of a namespace learns of a queue and how many shards it has. Numbers only grow.
-- KEYS  1 queues · 2 settings
-- ARGV  1 queue · 2 shards
-- gives the settings of the queue, or false
local queues, settings = unpack(KEYS)
local queue, shards = unpack(ARGV)
local known = tonumber(redis.call('HGET', queues, queue) or 0)
if tonumber(shards) > known then redis.call('HSET', queues, queue, shards) end
return redis.call('HGET', settings, queue)
`,
  'lane': `-- lane: what every script of a lane begins with: the names of its keys, its clock, a job's header, and the moves all verbs share.
-- KEYS  1 meta · 2 births · 3 headers · 4–7 ready, a list per band · 8 suspects · 9 scheduled · 10 leases · 11 lease lengths
--       12 unique keys · 13 timed unique keys · 14 facets · 15 completed · 16 cancelled · 17 failed · 18 completed, kept for a
--       time of their own · 19 when those lapse · 20 minutes · 21 ghosts · 22 marks · 23 outbox · 24 producers · 25 blocked
--       26 parked · 27 gates · 28 when they wake · 29 what is said of tasks · 30 … of the verb
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

-- By command and key; each list is made when it is first needed. \`unsent\`: the headers among them, by id.
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
-- \`<state><band>,<fence>,<worker>,<flags>,<attempts>,<crashes>,<releases>,<dueAt>,<startedAt>,<finishedAt>,[<gates>\\n]<reason>\`
-- state  s scheduled · b blocked · r ready · a active · c completed · f failed · x cancelled
-- flags  o has options in its birth · w watched · m marked · y waits for any ending · g has gates · i, j, k passed one, two, three of
--        them · H history · L log · P progress · K checkpoint · T steps · R result · E error · A jobs it waits for · D jobs that wait for it
-- reason of a final state; why it is scheduled; of the mark; of a parked job since when it waits

local shape = '^(%a)(%d),(%d*),([^,]*),(%a*),(%d+),(%d+),(%d+),([^,]*),([^,]*),([^,]*),(.*)$'

local function parse(text)
  local state, band, fence, worker, flags, attempts, crashes, releases, due, started, ended, reason = text:match(shape)
  local gates
  if flags:find('g', 1, true) then gates, reason = reason:match('^([^\\n]*)\\n(.*)$') end
  return {
    state = state, band = band, fence = fence, worker = worker, flags = flags, attempts = tonumber(attempts),
    crashes = tonumber(crashes), releases = tonumber(releases), due = due, started = started, ended = ended, reason = reason,
    gates = gates,
  }
end

local function pack(h)
  return h.state .. h.band .. ',' .. h.fence .. ',' .. h.worker .. ',' .. h.flags .. ',' .. h.attempts .. ',' .. h.crashes
    .. ',' .. h.releases .. ',' .. h.due .. ',' .. h.started .. ',' .. h.ended .. ','
    .. (h.gates and h.gates .. '\\n' or '') .. h.reason
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
  return call('HGET', births, id):match('^[^,]*,[^,\\n]*,([^,]*),([^,]*),([^\\n]*)\\n')
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
`,
  'moves': `-- moves: what all verbs of a lane share: how a job gets from one place to another, and what that means to jobs that wait for it.

-- Ready: at the tail (a new turn, so an old due time goes), 'front', or 'promoted' (at the tail; the due time stays readable).
local function ready(id, h, how)
  local again = h.state == 'a'
  h.state, h.reason = 'r', ''
  if not how then h.due = '' end
  if (has(h, 'g') or rules_of_tasks()) and not gates().climb(id, h, again) then return end
  line_up(id, h, how)
end

-- Scheduled for \`at\`, or ready when that has passed.
local function make_due(id, h, at, why)
  if not at or at <= now then return ready(id, h) end
  if has(h, 'g') then gates().leave(id, h, h.state ~= 'r' and 's') end
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

-- Jobs have left \`active\`: where their queue was full that is news to those who found no place. For verbs that claim nothing.
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
  if has(h, 'g') then gates().leave(id, h) end
  for flag in h.flags:gmatch('%u') do add('HDEL', facets, flag .. id) end
  add('HDEL', births, id)
  add('HDEL', headers, id)
  if h.state ~= 'c' and h.state ~= 'x' then count('removed') end
end

local finished = { c = completed, f = failed, x = cancelled }
local totals = { c = 'completed', f = 'failed', x = 'cancelled' }

-- A final state, kept for \`keep\` milliseconds (only completed jobs may have a time of their own). With 0 nothing is left.
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
  'queues': `-- queues: what the registry knows of queues.
-- KEYS  1 queues · 2 settings
-- gives { queue, shards, … flat; queue, settings, … flat }
return { redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2]) }
`,
  'reap': `-- reap: give back, up to a page, what workers hold whose lease ran out. One crash more; at its limit a job fails.
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
tell_room()
save()
return { 0, {}, released, failed_jobs, cancelled_jobs, lost, more, posted }
`,
  'reconcile': `-- reconcile: release what the store thinks a worker holds and it does not, because the answer that handed it over was lost. A page at a time.
-- KEYS  the lane · 30 what it holds
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
load('sleepers', 'flow')
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

load('sleepers', 'flow')
local answers = {}
for i = 4, #ARGV do
  answers[#answers + 1] = reschedule(ARGV[i])
  flush()
end
save()
return answers
`,
  'retire': `-- retire: a worker ends; what it holds goes back uncharged, a page at a time, so that the earliest claim comes first again.
-- KEYS  the lane · 30 what it holds
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

load('sleepers', 'flow')
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
  'settings': `-- settings: puts those of a queue in the place of those that were seen, unless others came first.
-- KEYS  1 settings
-- ARGV  1 queue · 2 what was seen, or '' · 3 what comes in its place
-- gives { 1, their version }, which grows even where everything was forgotten, or { 0, what is there }; stored as \`<version> <text>\`
local before = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if before ~= ARGV[2] then return { 0, before } end
local time = redis.call('TIME')
local version = string.format('%d', math.max((tonumber(before:match('^%d+')) or 0) + 1, time[1] * 1000000 + time[2]))
redis.call('HSET', KEYS[1], ARGV[1], version .. ' ' .. ARGV[3])
return { 1, version }
`,
} as const;

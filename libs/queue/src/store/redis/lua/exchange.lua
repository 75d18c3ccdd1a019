-- exchange: settle what ended, renew the lease, promote what is due, claim the next batch, hand back cancellations.
-- KEYS  the lane · 30 what this worker holds
-- ARGV  2 worker · 3 lease · 4 places free · 5 '1' when it may be handed a suspect, alone · 6 number of settlements · 7 … in runs of one
--       code: `<how many><code>`, then per settlement id · fence · what the code announces. A code is an outcome (c completed,
--       t retry, s snoozed, f failed, x cancelled, l released) and letters: 0 keep nothing · k keep · r result · n in · y reason or
--       why · e error · p its group pauses · + jobs of this lane (their number, then three each, see adding) · o jobs of others (their number, then one
--       text each for the outbox)
-- gives { now, states of the settled, first fence, claimed jobs (id, birth; where something happened before `!` and id, birth, header,
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

-- Where settlement `i` begins, and the arguments it announces.
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
local only_gates = '^g([ijk]),[%d,]*,([^,\n]*)\n'
-- The gates of a job, from its header.
local gated = '^[^,]*,[^,]*,[^,]*,%a*g%a*,[^\n]*,([^\n]*)\n'
-- Those of the settled jobs that have any, read at once for all from number `from` on, and how many of them were passed.
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
local only_passed = '^r%d,,,g([ijk]),0,0,0,,,,([^\n]*)\n$'

-- A job past its expiry is cancelled instead, and one whose gates have closed is parked.
local function begin(id, birth, text, stage, list)
  if stage then
    local band = text:sub(2, 2)
    if gates().begin_simply(list, stage, band) then
      local mark, k = whole(fence + taken), 2 * taken
      begun_headers[k + 1], begun_holds[k + 1], begun_holds[k + 2] = id, id, mark
      begun_headers[k + 2] = 'a' .. band .. ',' .. mark .. before .. 'g' .. stage .. after .. list .. '\n'
      taken = taken + 1
      jobs[#jobs + 1] = id
      jobs[#jobs + 1] = birth
      return true
    end
  end
  local kind = birth:byte() - 48
  if kind >= 4 then
    local expires = tonumber((birth:match('^[^,]*,[^,\n]*,([^,]*),')))
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

-- Takes up to `places` jobs of a band, looking at no more than `limits.batch` entries per call.
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

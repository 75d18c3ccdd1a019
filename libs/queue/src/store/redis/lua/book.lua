-- book: what every script of the schedules begins with: the names of their keys, their clock, and how a schedule is written down.
-- KEYS  1 bodies · 2 heads · 3 slots · 4 due · 5 ids · 6 owners · 7 fired, an outbox · 8 sent, the number of its latest entry
-- ARGV  1 now in milliseconds, or '' for the server's time · 2 … of the verb
--
-- A body is what was put: `<owner>\n<text>`. A head is what changes with every slot, so that a body is written once:
-- `<version>,<paused>,<next>,<last>,<enqueued>,<skipped>,<missed>,<createdAt>,<changedAt>,<job>`. Slots are a line each, newest last.
-- Ids and `<owner> <id>` stand in ordered sets by their letters alone; an owner is encoded and has no blank, '' is none.
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
  return body:match('^[^\n]*')
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

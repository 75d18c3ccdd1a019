-- putSchedule: add a schedule, or put its definition in the place of the one of its id, while that has the version that was seen.
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

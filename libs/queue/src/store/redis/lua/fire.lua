-- fire: what becomes of slots. Per schedule, while it has the version that was seen; its jobs go into the outbox, to be relayed.
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
  if old then lines = old .. '\n' .. lines end
  local _, breaks = lines:gsub('\n', '')
  local at = 0
  for _ = 1, breaks + 1 - limits.slots do at = lines:find('\n', at + 1, true) end
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

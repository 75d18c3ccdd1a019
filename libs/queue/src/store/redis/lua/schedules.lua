-- schedules: a page of schedules.
-- KEYS  see book
-- ARGV  2 'ids', 'due' or 'page' · 3 how many at most · 4 … ids; or, with page, owner or '' and the id to go on after or ''
-- gives { now, 1 when there are more, when the first slot of all is due or '', how many the outbox holds, schedules: id, head, body, slots
--       or false; flat }. The two before the last are told with `due` only
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

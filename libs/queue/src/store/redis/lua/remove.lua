-- remove: forget jobs that are not active.
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

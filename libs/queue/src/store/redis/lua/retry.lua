-- retry: by hand; a job that failed or was cancelled begins again, unless another took one of its keys meanwhile.
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
    call('HSET', births, id, (birth:gsub('^([^,]*,[^,\n]*,)[^,\n]*', '%1', 1)))
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

-- reschedule: change when a waiting job runs. A ready job that shall run now stays where it is.
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

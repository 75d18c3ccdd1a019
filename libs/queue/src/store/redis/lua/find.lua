-- find: all that is known of some jobs.
-- KEYS  the lane
-- ARGV  2 '1' to watch them until they are settled · 3 … ids, or `=` and the caller's own name
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

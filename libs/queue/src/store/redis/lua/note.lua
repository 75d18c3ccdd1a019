-- note: what a running attempt leaves behind. Only the attempt that holds the job may write.
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
  -- A line per step, `<name>:<result>`; the newest result of a name counts.
  local lines, name = {}, ARGV[11] .. ':'
  for line in (has(h, 'T') and call('HGET', facets, 'T' .. id) or ''):gmatch('[^\n]+') do
    if line:sub(1, #name) ~= name then lines[#lines + 1] = line end
  end
  lines[#lines + 1] = name .. ARGV[12]
  set_facet(h, id, 'T', table.concat(lines, '\n'))
end
put(id, h)
touch(id, h)
save()
return 1

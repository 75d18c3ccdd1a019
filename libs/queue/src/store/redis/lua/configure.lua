-- configure: settings of this lane, unless it has newer ones.
-- KEYS  the lane
-- ARGV  2 their version · 3 '1' when paused · 4 maxReady + 1, or 0 for none · 5 maxActive + 1, or 0 · 6 interval and 7 slack of the
--       rate, or 0 · 8–11 weights, or 0 · 12 '1' when the rate is new · 13 '1' when workers shall look · 14 where a scan of all gates
--       goes on, '0' at first: groups that keep somebody waiting, or wake, are looked at again; '' to leave them · 15 number of rules
--       16 … a task and its rule each (see gates) · a task and its gate each, which is looked at again
-- gives what 14 goes on with, or ''
load('version', 'sleepers', 'tat')
local n = tonumber(ARGV[15])
if tonumber(ARGV[2]) > m.version then
  local flow = n > 0 and 2 or 0
  for i = 5, 11 do
    if ARGV[i] ~= '0' then flow = 2 * math.floor(flow / 2) + 1 end
  end
  m.flow = flow
  call('HSET', meta, 'version', ARGV[2], 'paused', ARGV[3], 'maxReady', ARGV[4], 'maxActive', ARGV[5], 'every', ARGV[6], 'slack', ARGV[7],
    'w0', ARGV[8], 'w1', ARGV[9], 'w2', ARGV[10], 'w3', ARGV[11], 'flow', flow)
  call('DEL', KEYS[29])
  local told = {}
  for i = 16, 15 + 2 * n do told[#told + 1] = ARGV[i] end
  send('HSET', KEYS[29], told)
end
-- A rate that was slow before keeps nobody waiting.
if ARGV[12] == '1' then change.tat = whole(min(m.tat, now * 1000 + ARGV[7] + ARGV[6])) end

for i = 16 + 2 * n, #ARGV, 2 do gates().reconsider(ARGV[i + 1], ARGV[i]) end
local on = ''
if ARGV[14] ~= '' then
  local cursor, page = unpack(call('HSCAN', KEYS[27], ARGV[14], 'MATCH', 'g*', 'COUNT', limits.page))
  for i = 1, #page, 2 do gates().reconsider(page[i], nil, page[i + 1]) end
  if cursor ~= '0' then on = cursor end
end
save()
if ARGV[13] == '1' then call(PUBLISH, tag .. 'work', 'ready') end
return on

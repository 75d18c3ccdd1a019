-- configure: settings of this lane.
-- KEYS  the lane
-- ARGV  2 paused: '1', '0', or '' to leave it · 3 maxReady: a number, 'none', or '' to leave it · 4 '1': only what is not set yet
-- gives { paused, maxReady + 1, or 0 for none }
local write = ARGV[4] == '1' and 'HSETNX' or 'HSET'
if ARGV[2] ~= '' then call(write, meta, 'paused', ARGV[2]) end
if ARGV[3] ~= '' then call(write, meta, 'maxReady', ARGV[3] == 'none' and 0 or ARGV[3] + 1) end
load('paused', 'maxReady')
if ARGV[2] == '0' then call(PUBLISH, tag .. 'work', 'ready') end
return { m.paused, m.maxReady }

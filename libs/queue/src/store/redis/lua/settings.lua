-- settings: puts those of a queue in the place of those that were seen, unless others came first.
-- KEYS  1 settings
-- ARGV  1 queue · 2 what was seen, or '' · 3 what comes in its place
-- gives { 1, their version }, which grows even where everything was forgotten, or { 0, what is there }; stored as `<version> <text>`
local before = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if before ~= ARGV[2] then return { 0, before } end
local time = redis.call('TIME')
local version = string.format('%d', math.max((tonumber(before:match('^%d+')) or 0) + 1, time[1] * 1000000 + time[2]))
redis.call('HSET', KEYS[1], ARGV[1], version .. ' ' .. ARGV[3])
return { 1, version }

-- removeSchedule: forget a schedule.
-- KEYS  see book
-- ARGV  2 id · 3 the version it must have, or ''
-- gives 1, or 0 when there is no such schedule
local text = call('HGET', heads, ARGV[2])
if not text or (ARGV[3] ~= '' and parse(text).version ~= tonumber(ARGV[3])) then return 0 end
forget(ARGV[2])
return 1

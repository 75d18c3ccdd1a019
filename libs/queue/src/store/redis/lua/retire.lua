-- retire: a worker ends; what it holds goes back uncharged, so that the earliest claim comes first again.
-- KEYS  the lane · 26 what it holds
-- ARGV  2 worker
-- gives how many the outbox got
local holds = KEYS[first]
local list = latest_first(holds)
for i = 1, #list do release(list[i][1], parse(call('HGET', headers, list[i][1]))) end
call('DEL', holds)
call('ZREM', leases, ARGV[2])
call('HDEL', lengths, ARGV[2])
longest_lease()
save()
return posted

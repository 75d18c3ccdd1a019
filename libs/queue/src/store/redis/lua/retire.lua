-- retire: a worker ends; what it holds goes back uncharged, a page at a time, so that the earliest claim comes first again.
-- KEYS  the lane · 30 what it holds
-- ARGV  2 worker
-- gives { how many the outbox got, 1 when it holds more }
local holds = KEYS[first]
local list = latest_first(holds)
for i = 1, min(#list, limits.page) do
  add('HDEL', holds, list[i][1])
  release(list[i][1], parse(call('HGET', headers, list[i][1])))
end
if #list <= limits.page then
  call('ZREM', leases, ARGV[2])
  call('HDEL', lengths, ARGV[2])
  longest_lease()
end
save()
return { posted, #list > limits.page and 1 or 0 }

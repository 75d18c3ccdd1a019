-- reconcile: release what the store thinks a worker holds and it does not, because the answer that handed it over was lost. A page at a time.
-- KEYS  the lane · 30 what it holds
-- ARGV  2 … id and fence of what the worker does hold
-- gives { the ids released, how many the outbox got, 1 when there may be more }
local holds = KEYS[first]
local known = {}
for i = 2, #ARGV, 2 do known[ARGV[i]] = ARGV[i + 1] end
local list, released = latest_first(holds), {}
for i = 1, #list do
  if #released == limits.page then break end
  local id, fence = list[i][1], list[i][3]
  if known[id] ~= fence then
    call('HDEL', holds, id)
    release(id, parse(call('HGET', headers, id)))
    released[#released + 1] = id
  end
end
save()
return { released, posted, #released == limits.page and 1 or 0 }

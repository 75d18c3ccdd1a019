-- relay: what another lane's outbox sends here, once each. Entries of one lane come in the order of their numbers.
-- KEYS  the lane
-- ARGV  2 the lane they come from · 3 number of the last one · 4 number of jobs · 5 … three per job (see adding), with absolute times
--       Jobs whose number is not above the last one received are left out: 5 + 3 · jobs … their numbers
-- gives how many were new
local producer, n = '~' .. ARGV[2], tonumber(ARGV[4])
local last = tonumber((call('HGET', producers, producer) or '0'):match('%d+$'))
local base = 5 + 3 * n
local skip = 0
while skip < n and tonumber(ARGV[base + skip]) <= last do skip = skip + 1 end
load('sleepers')
if skip < n then
  add_jobs(5 + 3 * skip, n - skip)
  save()
  call('HSET', producers, producer, ARGV[3])
end
return n - skip

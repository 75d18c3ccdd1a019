-- relay: what another lane's outbox sends here, once each. Entries of one lane come in the order of their numbers.
-- KEYS  the lane
-- ARGV  2 the lane they come from · 3 number of the last one · 4 how many · 5 … three each: a job (see adding), with absolute
--       times, or an effect (see lane): whom it is for, `!` and its kind, whom it is from
--       Those whose number is not above the last one received are left out: 5 + 3 · how many … their numbers
-- gives { how many were new, how many this lane's outbox got in turn }
local producer, n = '~' .. ARGV[2], tonumber(ARGV[4])
local last = tonumber((call('HGET', producers, producer) or '0'):match('%d+$'))
local base = 5 + 3 * n
local skip = 0
while skip < n and tonumber(ARGV[base + skip]) <= last do skip = skip + 1 end
load('sleepers', 'flow')
if skip < n then
  local i = skip
  while i < n do
    local at, run = 5 + 3 * i, 0
    while i + run < n and ARGV[at + 3 * run + 1]:sub(1, 1) ~= '!' do run = run + 1 end
    if run > 0 then
      add_jobs(at, run)
      if effects[1] then carry() end
      i = i + run
    else
      raise(ARGV[at + 1]:sub(2), ARGV[at + 2], ARGV[at])
      i = i + 1
    end
  end
  save()
  call('HSET', producers, producer, ARGV[3])
end
return { n - skip, posted }

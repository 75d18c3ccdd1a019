-- enqueue: add a batch, in order, whole or not at all.
-- KEYS  the lane
-- ARGV  2 producer · 3 its call number · 4 the lowest call number it has no answer to yet · 5 number of jobs · 6 … three per job (see adding)
-- gives a code per job, joined by line breaks ('r' alone: all were added and are ready), or 'FULL <maxReady>' and nothing was written
local producer, number, unanswered, n = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

-- Answers of calls that this producer may send again, `<time>;<number>=<answer>;…`: a repeat is answered, not run.
local window = call('HGET', producers, producer) or ''
local answers = {}
for done, answer in window:gmatch(';(%d+)=([^;]*)') do
  if tonumber(done) == number then return answer end
  if tonumber(done) >= unanswered then answers[#answers + 1] = ';' .. done .. '=' .. answer end
end

load('maxReady', 'sleepers')
if m.maxReady > 0 then
  local created = would_create(6, n)
  local waiting = call('ZCARD', scheduled) + call('LLEN', suspects) + call('LLEN', r0) + call('LLEN', r1) + call('LLEN', r2)
    + call('LLEN', r3) - (tonumber(call('HGET', meta, 'ghosts')) or 0)
  if created > 0 and waiting + created > m.maxReady - 1 then return 'FULL ' .. m.maxReady - 1 end
end

local codes = add_jobs(6, n)
local answer = 'r'
for i = 1, n do
  if codes[i] ~= 'r' then
    answer = table.concat(codes, '\n')
    break
  end
end
save()
call('HSET', producers, producer, now .. table.concat(answers) .. ';' .. number .. '=' .. answer)
return answer

-- gates: the lines that workers take from, and the gates on the way there (decision 0010 tells the rules).
-- A gate is named by the letter of its kind (o, g, t) and its key, encoded.
-- Those of a job stand in its header, innermost first, `<name>:<max>:<interval>:<slack>:<turn>:<1 to hold failed>:<rate for people>`
-- each, a blank between them; nothing where nothing is said.
-- gates   by name `<taken>,<tat>,<until>,<wake>,<stuck>`, and for each band where somebody is `,<band>:<queued>:<waits>`; nothing for 0.
--         stuck: t when its turns alone keep all that wait, m when its `max` does; nothing where it is not known
-- parked  `<name> <band><since when it waits, 13 digits> <id>`: those of a gate stand together, by ticket
-- rules   of a task by its name: `<paused>,<max>,<interval>,<slack>,<max>,<interval>,<slack>,<gate>`, the second three of each of its
--         groups, the last what jobs without one are given; '' where nothing is said, '-' for no bound
-- Of meta, `flow` adds up 1 when the queue itself has bounds and 2 when there are rules, and `wake` is when the first gate wakes.

-- Gates ---------------------------------------------------------------------------------------------------------------

local function crash_limit(h, id)
  local _, limit = options(h, id)
  return tonumber(limit) or limits.crashes
end

-- Joins the line where workers find it, at the tail or the front. Two lost workers of three: a job on its last life runs alone.
local function line_up(id, h, how)
  local apart = h.crashes > 0 and h.crashes >= crash_limit(h, id) - 1
  add(how == 'front' and 'LPUSH' or 'RPUSH', apart and suspects or bands[h.band], id)
  put(id, h)
  touch(id, h)
  woke = true
end

-- Whether something is said of single tasks.
local function rules_of_tasks()
  if not m.flow then load('flow', 'sleepers') end
  return m.flow >= 2
end

-- Who keeps the gates while this script runs: reads each once, and writes it back once.
local function gates()
  if keeper then return keeper end
  keeper = {}
  local parked, states, alarms, rules = KEYS[26], KEYS[27], KEYS[28], KEYS[29]
  local huge, ceil, now_micros = math.huge, math.ceil, now * 1000
  local letters, numbers = { 'i', 'j', 'k' }, { i = 1, j = 2, k = 3 }

  local function passed(h)
    return numbers[h.flags:match('[ijk]')] or 0
  end

  local function set_passed(h, n)
    h.flags = h.flags:gsub('[ijk]', '') .. (letters[n] or '')
  end

  -- Gates: queued in 1 to 4, waits in 5 to 8. `heads`: the first that wait, by band; `stale`: what waits has changed and is not sent.
  -- `stirred`: those that may wake at another time than is written.
  local known, stirred = {}, {}

  local function keep(name, text)
    local state = { 0, 0, 0, 0, 0, 0, 0, 0, name = name, taken = 0, tat = 0, rest = 0, wake = 0, slept = 0, stuck = '', heads = {} }
    if text then
      local taken, tat, rest, wake, stuck, places = text:match('^(%d*),(%d*),(%d*),(%d*),(%a*)(.*)$')
      for band, queued, waits in places:gmatch(',(%d):(%d*):(%d*)') do
        state[band + 1], state[band + 5] = tonumber(queued) or 0, tonumber(waits) or 0
      end
      state.taken, state.tat, state.rest = tonumber(taken) or 0, tonumber(tat) or 0, tonumber(rest) or 0
      state.wake, state.stuck, state.stored = tonumber(wake) or 0, stuck, text
      state.slept = state.wake
    end
    known[name] = state
    return state
  end

  local function number(n)
    return n == 0 and '' or n
  end

  local function text_of(state)
    local text = number(state.taken) .. ',' .. (state.tat == 0 and '' or whole(state.tat)) .. ',' .. number(state.rest) .. ','
      .. number(state.wake) .. ',' .. state.stuck
    for band = 1, 4 do
      if state[band] > 0 or state[band + 4] > 0 then
        text = text .. ',' .. band - 1 .. ':' .. number(state[band]) .. ':' .. number(state[band + 4])
      end
    end
    return text
  end

  local function gate_of(name)
    return known[name] or keep(name, call('HGET', states, name))
  end

  -- Reads many at once.
  local function look_at(names)
    for from = 1, #names, chunk do
      local found = call('HMGET', states, unpack(names, from, min(from + chunk - 1, #names)))
      for i = 1, #found do
        if not known[names[from + i - 1]] then keep(names[from + i - 1], found[i]) end
      end
    end
  end

  -- What jobs and settings say: gates by their text; births by id; rules by task.
  local parsed, seen, ruled = {}, {}, {}
  local none = {}

  local function parse_gates(text)
    local list = parsed[text]
    if list then return list end
    list = {}
    for name, most, every, slack, turn, hold in text:gmatch('(%S-):(%w*):(%d*):(%d*):(%w*):(%d*):%S*') do
      list[#list + 1] = {
        name = name, kind = name:sub(1, 1), most = tonumber(most) or huge, every = tonumber(every), slack = tonumber(slack),
        turn = tonumber(turn), hold = hold == '1',
      }
    end
    parsed[text] = list
    return list
  end

  local function birth_of(id)
    local birth = seen[id]
    if not birth then
      birth = call('HGET', births, id)
      seen[id] = birth
    end
    return birth
  end

  -- '' leaves it to the job, '-' is no bound.
  local function bound(text)
    if text == '' then return nil end
    return text == '-' and huge or tonumber(text)
  end

  local function rule_about(task)
    if ruled[task] == nil then
      local text = call('HGET', rules, task)
      if text then
        local paused, most, every, slack, group, group_every, group_slack, gate =
          text:match('^([^,]*),([^,]*),([^,]*),([^,]*),([^,]*),([^,]*),([^,]*),(.*)$')
        ruled[task] = {
          t = { most = bound(most), every = bound(every), slack = tonumber(slack) },
          g = { most = bound(group), every = bound(group_every), slack = tonumber(group_slack) },
          paused = paused == '1', gate = gate,
        }
      else
        ruled[task] = false
      end
    end
    return ruled[task] or nil
  end

  local function rule_of(id)
    if rules_of_tasks() then return rule_about(birth_of(id):match('^[^,]*,([^,\n]*)')) end
  end

  -- The gates of a job and the rule of its task. With `attach`, a gate that the rule asks for is written down.
  local function gates_of(id, h, attach)
    local list, rule = h.gates and parse_gates(h.gates) or none, rule_of(id)
    if attach and rule and rule.gate ~= '' and (not h.gates or list[#list].kind ~= 't') then
      h.gates = h.gates and h.gates .. ' ' .. rule.gate or rule.gate
      raise_flag(h, 'g')
      list = parse_gates(h.gates)
    end
    return list, rule
  end

  -- An order gate knows one band.
  local function band_in(gate, h)
    return gate.kind == 'o' and 1 or h.band + 1
  end

  local function rate_of(gate, rule)
    local own = rule and rule[gate.kind]
    if own and own.every then
      if own.every == huge then return nil end
      return own.every, own.slack
    end
    return gate.every, gate.slack
  end

  -- Why a gate is closed to a job, and when time opens it; nothing when it is open. `taken`: of those that count for its `max`.
  local function closed(state, gate, rule, taken)
    if rule and rule.paused and gate.kind == 't' then return 'paused' end
    local most = gate.kind == 'o' and 1 or rule and rule[gate.kind].most or gate.most
    if taken >= most then return 'max' end
    local every, slack = rate_of(gate, rule)
    local opens = state.rest
    if every and state.tat - slack > now_micros then opens = max(opens, ceil((state.tat - slack) / 1000)) end
    if opens > now then return 'time', opens end
  end

  local function full_turn(state, gate, rule, band)
    return state[band] >= (gate.turn or (rate_of(gate, rule) and 1 or huge))
  end

  -- In front of its gate number `n`, which is closed, or where others wait.
  local function park(id, h, list, n, since)
    local gate = list[n]
    local state, band = gate_of(gate.name), band_in(gate, h)
    if not since then
      since = max(born_at(birth_of(id)), tonumber(h.due) or 0)
      since = string.format('%013.0f', since)
    end
    h.state, h.reason = 'r', since
    set_passed(h, n - 1)
    state[band + 4] = state[band + 4] + 1
    state.heads, state.stale, state.stuck = {}, true, ''
    add('ZADD', parked, 0, gate.name .. ' ' .. band - 1 .. since .. ' ' .. id)
    count('parked')
    put(id, h)
    touch(id, h)
  end

  -- Passes its gates from number `n` on; whether it has passed all. Otherwise it is parked.
  local function climb_from(id, h, n, list, rule, since)
    for i = n, #list do
      local gate = list[i]
      local state, band = gate_of(gate.name), band_in(gate, h)
      local why, opens = state[band + 4] > 0
      if not why then why, opens = closed(state, gate, rule, state.taken) end
      if why or full_turn(state, gate, rule, band) then
        if opens and (state.wake == 0 or opens < state.wake) then state.wake, stirred[gate.name] = opens, state end
        if opens and opens - now <= limits.soon then woke = true end
        park(id, h, list, i, since)
        return false
      end
      state.taken, state[band] = state.taken + 1, state[band] + 1
    end
    set_passed(h, #list)
    return true
  end

  -- A job becomes ready. `again`: it was active, and has passed all of its gates.
  function keeper.climb(id, h, again)
    local n = passed(h)
    local list, rule = gates_of(id, h, not again)
    for i = 1, n do
      local state, band = gate_of(list[i].name), band_in(list[i], h)
      state[band] = state[band] + 1
    end
    return again or climb_from(id, h, n + 1, list, rule)
  end

  -- The first that waits in a band: its id, header, gates and rule.
  local function head_of(state, band)
    local heads = state.heads[band]
    if not heads or not heads[heads.at] then
      if state.stale then
        flush()
        state.stale, state.heads = false, {}
      end
      local begin = state.name .. ' '
      local size = heads and heads.at > 1 and 20 or 2
      heads = call('ZRANGEBYLEX', parked, '[' .. begin .. band - 1, '(' .. begin .. band, 'LIMIT', 0, size)
      local ids = {}
      -- Behind name, band, time and two blanks.
      for i = 1, #heads do ids[i] = heads[i]:sub(#begin + 16) end
      heads.at, heads.ids, heads.texts = 1, ids, call('HMGET', headers, unpack(ids))
      state.heads[band] = heads
    end
    local id = heads.ids[heads.at]
    local text = unsent[id] or heads.texts[heads.at]
    return id, text, parse_gates(text:match(',([^,\n]*)\n')), m.flow >= 2 and rule_of(id) or nil
  end

  local function number_in(list, name)
    for i = 1, #list do
      if list[i].name == name then return i end
    end
  end

  -- The first of a band passes its gate number `n`, and climbs on.
  local function let_through(state, band, n, id, text)
    local heads = state.heads[band]
    add('ZREM', parked, heads[heads.at])
    heads.at = heads.at + 1
    state.stale = true
    state.taken, state[band], state[band + 4] = state.taken + 1, state[band] + 1, state[band + 4] - 1
    count('parked', -1)
    local h = parse(text)
    local since = h.reason
    set_passed(h, n)
    local list, rule = gates_of(id, h, true)
    if not climb_from(id, h, n + 1, list, rule, since) then return end
    h.reason = ''
    line_up(id, h)
  end

  -- Lets through whom it can, and says when to look again.
  local function look(state, name)
    local through, band = 0, 1
    state.wake, state.stuck = 0, ''
    local stuck = m.flow < 2 and state.rest == 0 and state.tat == 0 and 't' or ''
    while band <= 4 do
      local n, id, text, list, rule
      if state[band + 4] > 0 then
        id, text, list, rule = head_of(state, band)
        n = number_in(list, name)
      end
      if not n then
        band = band + 1
      else
        local why, opens = closed(state, list[n], rule, state.taken)
        if why then
          state.wake = opens or 0
          stuck = stuck == 't' and why == 'max' and 'm' or ''
          break
        elseif full_turn(state, list[n], rule, band) then
          band = band + 1
        else
          let_through(state, band, n, id, text)
          through, band = through + 1, 1
          if through == limits.through then
            state.wake, stuck = now, ''
            break
          end
        end
      end
    end
    if state[5] + state[6] + state[7] + state[8] > 0 then
      state.stuck = stuck
      return
    end
    state.wake = 0
    if state.taken > 0 then return end
    local over = max(state.rest, ceil(state.tat / 1000))
    if over > now then state.wake = over else state.rest, state.tat = 0, 0 end
  end

  -- After anything that may have opened a gate.
  local function open(name)
    local state = gate_of(name)
    look(state, name)
    if state.wake ~= state.slept then stirred[name] = state end
  end

  -- Whether it is known that opening a gate is of no use, as long as nothing is said of tasks and no time plays a part.
  local function is_stuck(name, why)
    local state = gate_of(name)
    return state.stuck == why and state.rest == 0 and state.tat == 0 and not rules_of_tasks()
  end

  -- A job ends, is forgotten, or becomes scheduled; `kept`: what it becomes, where that may keep the place of its order.
  function keeper.leave(id, h, kept)
    local n, waits = passed(h), h.state == 'r' and h.reason ~= ''
    if n == 0 and not waits then return end
    local list = gates_of(id, h)
    local keeps = n > 0 and kept and list[1].kind == 'o' and (kept == 's' or list[1].hold)
    for i = 1, n do
      local state, band = gate_of(list[i].name), band_in(list[i], h)
      if h.state == 'r' then state[band] = state[band] - 1 end
      if i > 1 or not keeps then state.taken = state.taken - 1 end
    end
    if waits then
      local gate = list[n + 1]
      local state, band = gate_of(gate.name), band_in(gate, h)
      if state.stale then flush() end
      add('ZREM', parked, gate.name .. ' ' .. band - 1 .. h.reason .. ' ' .. id)
      state[band + 4] = state[band + 4] - 1
      state.heads, state.stale, state.stuck = {}, true, ''
      count('parked', -1)
    end
    set_passed(h, keeps and 1 or 0)
    for i = waits and n + 1 or n, keeps and 2 or 1, -1 do
      -- Where turns alone keep all that wait, one that was active has kept nobody.
      if h.state == 'r' or not is_stuck(list[i].name, 't') then open(list[i].name) end
    end
  end

  -- An active job completes that has passed so many of these gates, and of which nothing else need be known.
  function keeper.complete(text, stage)
    local list = parse_gates(text)
    for i = 1, numbers[stage] do
      local state = gate_of(list[i].name)
      state.taken = state.taken - 1
    end
    for i = numbers[stage], 1, -1 do
      if not is_stuck(list[i].name, 't') then open(list[i].name) end
    end
  end

  -- A job comes to the head of a line: whether it may begin. Otherwise it is parked.
  function keeper.begin(id, h)
    local n = passed(h)
    local list, rule = gates_of(id, h, true)
    local stops
    for i = 1, #list do
      local gate = list[i]
      local state, band = gate_of(gate.name), band_in(gate, h)
      local active = gate.kind == 'o' and 0 or state.taken - state[1] - state[2] - state[3] - state[4]
      -- Of one that was given to it just now the others that wait go first.
      if (i > n and state[band + 4] > 0) or closed(state, gate, rule, active) then
        stops = i
        break
      end
    end
    if stops then
      for i = stops, n do
        local state, band = gate_of(list[i].name), band_in(list[i], h)
        state.taken, state[band] = state.taken - 1, state[band] - 1
      end
      park(id, h, list, stops)
    else
      for i = 1, #list do
        local state, band = gate_of(list[i].name), band_in(list[i], h)
        if i > n then state.taken = state.taken + 1 else state[band] = state[band] - 1 end
        local every = rate_of(list[i], rule)
        if every then state.tat = max(state.tat, now_micros) + every end
      end
      n = #list
      set_passed(h, n)
    end
    for i = stops and max(stops, n) or n, stops or 1, -1 do
      -- Nobody was given back a place of the `max` that keeps all that wait.
      if stops or not is_stuck(list[i].name, 'm') then open(list[i].name) end
    end
    return not stops
  end

  -- The innermost group or task of a job begins nothing for so many milliseconds.
  function keeper.pause(id, h, ms)
    local list = gates_of(id, h)
    for i = 1, #list do
      if list[i].kind ~= 'o' then
        local state = gate_of(list[i].name)
        state.rest = max(state.rest, now + ms)
        return
      end
    end
  end

  -- Reads the gates that these texts name.
  function keeper.prepare(texts)
    local names, listed = {}, {}
    for i = 1, #texts do
      local list = parse_gates(texts[i])
      for k = 1, #list do
        local name = list[k].name
        if not known[name] and not listed[name] then names[#names + 1], listed[name] = name, true end
      end
    end
    look_at(names)
  end

  -- A birth that is not sent yet, or was read already.
  function keeper.know(id, birth)
    seen[id] = birth
  end

  -- A waiting job has changed: what was read of it no longer holds.
  function keeper.renew(id, birth)
    seen[id] = birth
    for _, state in pairs(known) do state.heads, state.stale = {}, true end
  end

  -- Whether a job that asks for nothing has a gate all the same.
  function keeper.concerns(id)
    local rule = rule_of(id)
    return rule and rule.gate ~= ''
  end

  -- When a parked job's gate opens, where that is a matter of time.
  function keeper.opens(id, h)
    local list, rule = gates_of(id, h)
    local gate = list[passed(h) + 1]
    local state = gate_of(gate.name)
    local _, opens = closed(state, gate, rule, state.taken)
    return opens
  end

  -- When the first gate wakes, 0 for none; where it was not loaded and nothing has moved, nobody needs to know.
  function keeper.wake()
    local moved = next(stirred)
    for name, state in pairs(stirred) do
      if state.wake ~= state.slept then
        if state.wake == 0 then call('ZREM', alarms, name) else call('ZADD', alarms, state.wake, name) end
        state.slept = state.wake
      end
    end
    stirred = {}
    if moved then
      m.wake = tonumber(call('ZRANGE', alarms, 0, 0, 'WITHSCORES')[2]) or 0
      change.wake = m.wake
    end
    return m.wake
  end

  -- Opens the gates whose wake has come.
  function keeper.look_at_clock()
    local first = keeper.wake()
    if first == 0 or first > now then return end
    local due = call('ZRANGEBYSCORE', alarms, '-inf', now, 'LIMIT', 0, limits.wake)
    look_at(due)
    for i = 1, #due do open(due[i]) end
  end

  -- Settings have changed: a gate that there is opens when an exchange comes. A rate that was slow before keeps nobody waiting.
  -- `text`: of one that was read already, and of which nothing is said unless it keeps somebody waiting, or wakes.
  function keeper.reconsider(name, task, text)
    local state = known[name] or (text and keep(name, text)) or gate_of(name)
    if not state.stored then return end
    if text and state.wake == 0 and state[5] + state[6] + state[7] + state[8] == 0 then return end
    state.wake, state.stuck, stirred[name] = now, '', state
    local rule = task and rule_about(task)
    local every = rule and rule.t.every
    if every and every < huge then state.tat = min(state.tat, now_micros + rule.t.slack + every) end
  end

  function keeper.save()
    for name, state in pairs(known) do
      local waits = state[5] + state[6] + state[7] + state[8]
      if state.taken > 0 or waits > 0 or state.wake > 0 then
        local text = text_of(state)
        if text ~= state.stored then add('HSET', states, name, text) end
      elseif state.stored then
        add('HDEL', states, name)
      end
    end
    keeper.wake()
  end

  return keeper
end


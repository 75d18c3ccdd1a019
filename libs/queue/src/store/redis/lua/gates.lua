-- gates: the lines that workers take from, and the gates on the way there (decision 0010 tells the rules).
-- A gate is named by the letter of its kind (o, g, t) and its key, encoded.
-- Those of a job stand in its header, innermost first, `<name>:<max>:<interval>:<slack>:<turn>:<1 to hold failed>:<rate for people>`
-- each, a blank between them; nothing where nothing is said.
-- gates   by name `<taken>,<tat>,<until>,<wake>,<terms>`, and for each band where somebody is `,<band>:<queued>:<waits>`; nothing for 0.
--         terms: from the name on, what those that wait say of it, or '-' where they do not say the same
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
  local digits, places = { '0', '1', '2', '3' }, { ['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4 }

  -- Numbers as texts and back, nothing for 0. Most come again, and Lua's own way is slow.
  local written = setmetatable({ [0] = '' }, { __index = function(texts, n)
    local text = n .. ''
    texts[n] = text
    return text
  end })
  local value = setmetatable({ [''] = 0 }, { __index = function(numbers, text)
    local n = tonumber(text)
    numbers[text] = n
    return n
  end })

  local function passed(h)
    return numbers[h.flags:match('[ijk]')] or 0
  end

  local function set_passed(h, n)
    h.flags = h.flags:gsub('[ijk]', '') .. (letters[n] or '')
  end

  -- What gates of a kind say, by its text. `own_turn`: where no rate makes it 1.
  local said = { o = {}, g = {}, t = {} }

  local function terms_of(kind, text)
    local terms = said[kind][text]
    if not terms then
      local most, every, slack, turn, hold = text:match('^:(%w*):(%d*):(%d*):(%w*):(%d*):')
      terms = {
        kind = kind, text = text, most = kind == 'o' and 1 or tonumber(most) or huge, every = tonumber(every), slack = tonumber(slack),
        own_turn = tonumber(turn), turn = tonumber(turn) or (every == '' and huge or 1), hold = hold == '1',
      }
      said[kind][text] = terms
    end
    return terms
  end

  -- Gates: queued in 1 to 4, waits in 5 to 8, in 9 to 12 the first that wait, by band. `stale`: who waits has changed and is not
  -- sent. `slept`: `wake` as it is written. `stirred`: those that may wake at another time than is written.
  local known, stirred = {}, {}

  local function keep(name, text)
    local state = {
      0, 0, 0, 0, 0, 0, 0, 0, false, false, false, false,
      name = name, taken = 0, tat = 0, rest = 0, wake = 0, terms = '', stale = false, stored = text,
    }
    if text then
      local taken, terms, band, queued, waits = text:match('^(%d*),,,,([^,]*),(%d):(%d*):(%d*)$')
      if taken then
        band = places[band]
        state.taken, state.terms, state[band], state[band + 4] = value[taken], terms, value[queued], value[waits]
      else
        local tat, rest, wake, figures
        taken, tat, rest, wake, terms, figures = text:match('^(%d*),(%d*),([%d.]*),([%d.]*),([^,]*)(.*)$')
        for band, queued, waits in figures:gmatch(',(%d):(%d*):(%d*)') do
          band = places[band]
          state[band], state[band + 4] = value[queued], value[waits]
        end
        state.taken, state.tat, state.rest, state.wake, state.terms = value[taken], value[tat], value[rest], value[wake], terms
        if wake ~= '' then state.slept = state.wake end
      end
    end
    known[name] = state
    return state
  end

  local function waits_at(state)
    return state[5] + state[6] + state[7] + state[8]
  end

  local function text_of(state, anybody)
    local times = ',,,,'
    if state.tat ~= 0 or state.rest ~= 0 or state.wake ~= 0 then
      times = ',' .. (state.tat == 0 and '' or whole(state.tat)) .. ',' .. written[state.rest] .. ',' .. written[state.wake] .. ','
    end
    local text = written[state.taken] .. times .. (anybody and state.terms or '')
    for band = 1, 4 do
      local queued, waits = state[band], state[band + 4]
      if queued > 0 or waits > 0 then text = text .. ',' .. digits[band] .. ':' .. written[queued] .. ':' .. written[waits] end
    end
    return text
  end

  local function forget_heads(state)
    state[9], state[10], state[11], state[12] = false, false, false, false
  end

  -- Gates where turns keep all that wait, whoever ends: how many have passed, and the rest of their text. Most are only counted down.
  local counts, tails = {}, {}

  local function gate_of(name)
    local state = known[name]
    if state then return state end
    local tail = tails[name]
    if not tail then return keep(name, call('HGET', states, name)) end
    tails[name] = nil
    state = keep(name, written[counts[name]] .. tail)
    state.stored = ''
    return state
  end

  -- What jobs and settings say: gates by their text; births by id; rules by task.
  local parsed, seen, ruled = {}, {}, {}
  local none = {}

  local function parse_gates(text)
    local list = parsed[text]
    if list then return list end
    local name, terms = text:match('^([^ :]+)(%S+)$')
    if name then
      list = { { name = name, terms = terms_of(name:sub(1, 1), terms) } }
    else
      list = {}
      for name, terms in text:gmatch('([^ :]+)(%S+)') do
        list[#list + 1] = { name = name, terms = terms_of(name:sub(1, 1), terms) }
      end
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
          paused = paused == '1', gate = gate, terms = {},
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

  -- What holds at a gate: what the rule says, else what the gate says.
  local function under(rule, terms)
    local own = rule and rule[terms.kind]
    if not own then return terms end
    local both = rule.terms[terms]
    if not both then
      local every, slack = terms.every, terms.slack
      if own.every then every, slack = own.every, own.slack end
      if every == huge then every = nil end
      both = {
        kind = terms.kind, text = terms.text, paused = terms.kind == 't' and rule.paused, most = own.most or terms.most, every = every,
        slack = slack, turn = terms.own_turn or (every and 1 or huge), hold = terms.hold,
      }
      rule.terms[terms] = both
    end
    return both
  end

  -- The gates of a job and the rule of its task. With `attach`, a gate that the rule asks for is written down.
  local function gates_of(id, h, attach)
    local list, rule = h.gates and parse_gates(h.gates) or none, rule_of(id)
    if attach and rule and rule.gate ~= '' and (not h.gates or list[#list].terms.kind ~= 't') then
      h.gates = h.gates and h.gates .. ' ' .. rule.gate or rule.gate
      raise_flag(h, 'g')
      list = parse_gates(h.gates)
    end
    return list, rule
  end

  -- An order gate knows one band.
  local function band_in(gate, priority)
    return gate.terms.kind == 'o' and 1 or places[priority]
  end

  -- Why a gate is closed to a job, and when time opens it; nothing when it is open. `taken`: of those that count for its `max`.
  local function closed(state, terms, taken)
    if terms.paused then return 'paused' end
    if taken >= terms.most then return 'max' end
    local opens = state.rest
    if terms.every and state.tat - terms.slack > now_micros then opens = max(opens, ceil((state.tat - terms.slack) / 1000)) end
    if opens > now then return 'time', opens end
  end

  -- What holds for all that wait at a gate, where that is the same for all and known.
  local function common(state)
    if state.terms == '' or state.terms == '-' or rules_of_tasks() then return nil end
    return terms_of(state.name:sub(1, 1), state.terms)
  end

  -- One more waits at a gate.
  local function stand_by(id, gate, band, since)
    local state = gate_of(gate.name)
    if waits_at(state) == 0 then
      state.terms = gate.terms.text
    elseif state.terms ~= gate.terms.text then
      state.terms = '-'
    end
    state[band + 4] = state[band + 4] + 1
    forget_heads(state)
    state.stale = true
    add('ZADD', parked, '0', gate.name .. ' ' .. digits[band] .. since .. ' ' .. id)
    count('parked')
  end

  -- Reads many at once. `ended`: of jobs that end.
  local function look_at(names, ended)
    local new = {}
    for i = 1, #names do
      local name = names[i]
      if tails[name] then
        gate_of(name)
      elseif not known[name] then
        new[#new + 1] = name
      end
    end
    ended = ended and not rules_of_tasks()
    for from = 1, #new, chunk do
      local found = call('HMGET', states, unpack(new, from, min(from + chunk - 1, #new)))
      for i = 1, #found do
        local name, text = new[from + i - 1], found[i]
        local taken, tail, terms, queued
        if ended and text then taken, tail, terms, queued = text:match('^(%d+)(,,,,([^,-][^,]*),%d:(%d+):%d+)$') end
        if taken and value[queued] >= terms_of(name:sub(1, 1), terms).turn then
          counts[name], tails[name] = value[taken], tail
        else
          keep(name, text)
        end
      end
    end
  end

  -- In front of its gate number `n`, which is closed, or where others wait.
  local function park(id, h, list, n, since)
    since = since or string.format('%013.0f', max(born_at(birth_of(id)), tonumber(h.due) or 0))
    h.state, h.reason = 'r', since
    set_passed(h, n - 1)
    stand_by(id, list[n], band_in(list[n], h.band), since)
    put(id, h)
    touch(id, h)
  end

  -- Passes the gates from number `n` on; the number of the one in front of which it stops.
  local function pass(list, n, priority, rule)
    for i = n, #list do
      local gate = list[i]
      local state, band, terms = gate_of(gate.name), band_in(gate, priority), under(rule, gate.terms)
      local why, opens = state[band + 4] > 0
      if not why then why, opens = closed(state, terms, state.taken) end
      if why or state[band] >= terms.turn then
        if opens and (state.wake == 0 or opens < state.wake) then state.wake, stirred[gate.name] = opens, state end
        if opens and opens - now <= limits.soon then woke = true end
        return i
      end
      state.taken, state[band] = state.taken + 1, state[band] + 1
    end
  end

  -- On from gate number `n`: whether it has passed all. Otherwise it is parked.
  local function climb_from(id, h, n, list, rule, since)
    local stops = pass(list, n, h.band, rule)
    if stops then
      park(id, h, list, stops, since)
    else
      set_passed(h, #list)
    end
    return not stops
  end

  -- A job becomes ready. `again`: it was active, and has passed all of its gates.
  function keeper.climb(id, h, again)
    local n = passed(h)
    local list, rule = gates_of(id, h, not again)
    for i = 1, n do
      local state, band = gate_of(list[i].name), band_in(list[i], h.band)
      state[band] = state[band] + 1
    end
    return again or climb_from(id, h, n + 1, list, rule)
  end

  local function number_in(list, name)
    for i = 1, #list do
      if list[i].name == name then return i end
    end
  end

  -- On by its header, in pieces: its place, what is counted, its gates, and since when it waits. Behind gate `name`, or from the first.
  local function go_on(id, place, counted, gates, since, name)
    local priority, letter, stops, list = place:sub(2, 2), 'i', nil, nil
    if not name or gates:find(' ', 1, true) then
      list = parse_gates(gates)
      stops = pass(list, name and number_in(list, name) + 1 or 1, priority)
      letter = letters[stops and stops - 1 or #list] or ''
    end
    local text = place .. letter .. counted .. gates .. '\n' .. (stops and since or '')
    unsent[id] = text
    add('HSET', headers, id, text)
    if stops then return stand_by(id, list[stops], band_in(list[stops], priority), since) end
    add('RPUSH', bands[priority], id)
    woke = true
  end

  local since_now = string.format('%013.0f', now)

  -- A job has come in that asks for nothing but these gates.
  function keeper.arrive(id, priority, text)
    go_on(id, 'r' .. priority .. ',,,g', ',0,0,0,,,,', text, since_now)
  end

  -- Members, ids and headers of the first that wait in a band, in turn. The headers hold as long as nothing is sent.
  local function read_heads(state, band, size)
    if state.stale then
      flush()
      state.stale = false
    end
    local begin, place = state.name .. ' ', digits[band]
    local members = call('ZRANGEBYLEX', parked, '[' .. begin .. place, '(' .. begin .. (digits[band + 1] or '4'), 'LIMIT', '0', written[size])
    -- Behind name, band, time and two blanks.
    local id_at = #begin + 16
    -- Mostly it is one: then the table is made in its full size at once.
    local heads = { members[1], members[1] and members[1]:sub(id_at), members[1] and '', at = 1, unsent = unsent }
    for i = 2, #members do
      heads[3 * i - 2], heads[3 * i - 1], heads[3 * i] = members[i], members[i]:sub(id_at), ''
    end
    state[band + 8] = heads
    return heads
  end

  local function read_headers_of(lists)
    local ids = {}
    for i = 1, #lists do
      for at = 2, #lists[i], 3 do ids[#ids + 1] = lists[i][at] end
    end
    local n, texts = 0, {}
    for from = 1, #ids, chunk do
      local found = call('HMGET', headers, unpack(ids, from, min(from + chunk - 1, #ids)))
      for i = 1, #found do texts[from + i - 1] = found[i] end
    end
    for i = 1, #lists do
      for at = 3, #lists[i], 3 do
        n = n + 1
        lists[i][at] = texts[n]
      end
    end
  end

  -- The first that waits in a band: its id and header.
  local function head_of(state, band)
    local heads = state[band + 8]
    if not heads or not heads[heads.at] or heads.unsent ~= unsent then
      heads = read_heads(state, band, heads and heads.at > 1 and 20 or 2)
      read_headers_of({ heads })
    end
    local id = heads[heads.at + 1]
    return id, unsent[id] or heads[heads.at + 2]
  end

  -- The first of a band passes the gate, and climbs on.
  local function let_through(state, band, id, text)
    local heads = state[band + 8]
    add('ZREM', parked, heads[heads.at])
    heads.at = heads.at + 3
    state.stale = true
    state.taken, state[band], state[band + 4] = state.taken + 1, state[band] + 1, state[band + 4] - 1
    count('parked', -1)
    -- Mostly nothing is known of the job but its gates.
    local place, counted, list, since = text:match('^(r%d,,,g)[ij]?(,%d+,0,%d+,[^,]*,[^,]*,[^,]*,)([^\n]*)\n(%d+)$')
    if place and not rules_of_tasks() then return go_on(id, place, counted, list, since, state.name) end
    local h = parse(text)
    local list, rule = gates_of(id, h, true)
    local n, since = number_in(list, state.name), h.reason
    set_passed(h, n)
    if not climb_from(id, h, n + 1, list, rule, since) then return end
    h.reason = ''
    line_up(id, h)
  end

  -- Lets through whom it can, and says when to look again.
  local function look(state)
    local through, band, shared = 0, 1, common(state)
    state.wake = 0
    while band <= 4 do
      if state[band + 4] == 0 then
        band = band + 1
      else
        local terms, id, text = shared
        if not terms then
          id, text = head_of(state, band)
          local list = parse_gates(text:match(',([^,\n]*)\n'))
          terms = under(rule_of(id), list[number_in(list, state.name)].terms)
        end
        local why, opens = closed(state, terms, state.taken)
        if why then
          state.wake = opens or 0
          break
        elseif state[band] >= terms.turn then
          band = band + 1
        else
          if not id then id, text = head_of(state, band) end
          let_through(state, band, id, text)
          through, band = through + 1, 1
          if through == limits.through then
            state.wake = now
            break
          end
        end
      end
    end
  end

  -- After anything that may have opened a gate.
  local function open(name)
    local state = gate_of(name)
    if waits_at(state) > 0 then look(state) end
    if waits_at(state) == 0 then
      state.wake = 0
      if state.taken == 0 then
        local over = max(state.rest, ceil(state.tat / 1000))
        if over > now then state.wake = over else state.rest, state.tat = 0, 0 end
      end
    end
    if state.wake ~= (state.slept or 0) then stirred[name] = state end
  end

  -- A job ends, is forgotten, or becomes scheduled; `kept`: what it becomes, where that may keep the place of its order.
  function keeper.leave(id, h, kept)
    local n, waits = passed(h), h.state == 'r' and h.reason ~= ''
    if n == 0 and not waits then return end
    local list = gates_of(id, h)
    local keeps = n > 0 and kept and list[1].terms.kind == 'o' and (kept == 's' or list[1].terms.hold)
    for i = 1, n do
      local state, band = gate_of(list[i].name), band_in(list[i], h.band)
      if h.state == 'r' then state[band] = state[band] - 1 end
      if i > 1 or not keeps then state.taken = state.taken - 1 end
    end
    if waits then
      local gate = list[n + 1]
      local state, band = gate_of(gate.name), band_in(gate, h.band)
      if state.stale then flush() end
      add('ZREM', parked, gate.name .. ' ' .. digits[band] .. h.reason .. ' ' .. id)
      state[band + 4] = state[band + 4] - 1
      forget_heads(state)
      state.stale = true
      count('parked', -1)
    end
    set_passed(h, keeps and 1 or 0)
    for i = waits and n + 1 or n, keeps and 2 or 1, -1 do open(list[i].name) end
  end

  -- An active job completes that has passed so many of these gates, and of which nothing else need be known.
  function keeper.complete(text, stage)
    local list = parse_gates(text)
    for i = 1, numbers[stage] do
      local name = list[i].name
      if tails[name] then
        counts[name] = counts[name] - 1
      else
        local state = gate_of(name)
        state.taken = state.taken - 1
      end
    end
    for i = numbers[stage], 1, -1 do
      if not tails[list[i].name] then open(list[i].name) end
    end
  end

  -- The first of a job's gates that does not agree to its beginning.
  local function against(list, n, priority, rule)
    for i = 1, #list do
      local gate = list[i]
      local state, band = gate_of(gate.name), band_in(gate, priority)
      local active = gate.terms.kind == 'o' and 0 or state.taken - state[1] - state[2] - state[3] - state[4]
      -- Of one that was given to it just now the others that wait go first.
      if (i > n and state[band + 4] > 0) or closed(state, under(rule, gate.terms), active) then return i end
    end
  end

  -- All agree.
  local function become_active(list, n, priority, rule)
    for i = 1, #list do
      local state, band, terms = gate_of(list[i].name), band_in(list[i], priority), under(rule, list[i].terms)
      if i > n then state.taken = state.taken + 1 else state[band] = state[band] - 1 end
      if terms.every then state.tat = max(state.tat, now_micros) + terms.every end
    end
    for i = #list, 1, -1 do open(list[i].name) end
  end

  -- A job comes to the head of a line: whether it may begin. Otherwise it is parked.
  function keeper.begin(id, h)
    local n = passed(h)
    local list, rule = gates_of(id, h, true)
    local stops = against(list, n, h.band, rule)
    if not stops then
      set_passed(h, #list)
      become_active(list, n, h.band, rule)
      return true
    end
    for i = stops, n do
      local state, band = gate_of(list[i].name), band_in(list[i], h.band)
      state.taken, state[band] = state.taken - 1, state[band] - 1
    end
    park(id, h, list, stops)
    for i = max(stops, n), stops, -1 do open(list[i].name) end
    return false
  end

  -- The same for one that has passed so many of these gates; where it is not as simple as that, false, and nothing has happened.
  function keeper.begin_simply(text, stage, priority)
    local list = parse_gates(text)
    if rules_of_tasks() or numbers[stage] ~= #list or against(list, #list, priority) then return false end
    become_active(list, #list, priority)
    return true
  end

  -- The innermost group or task of a job begins nothing for so many milliseconds.
  function keeper.pause(id, h, ms)
    local list = gates_of(id, h)
    for i = 1, #list do
      if list[i].terms.kind ~= 'o' then
        local state = gate_of(list[i].name)
        state.rest = max(state.rest, now + ms)
        return
      end
    end
  end

  -- Reads the gates that these texts name, each standing for a job, and whom they will let through, as far as that is known:
  -- when all the jobs have `begun`, or `ended`.
  function keeper.prepare(texts, what)
    local names, jobs = {}, {}
    for i = 1, #texts do
      local list = parse_gates(texts[i])
      for k = 1, #list do
        local name = list[k].name
        if not jobs[name] then names[#names + 1] = name end
        jobs[name] = (jobs[name] or 0) + 1
      end
    end
    look_at(names, what == 'ended')
    if not what then return end
    local lists = {}
    for i = 1, #names do
      local state = known[names[i]]
      local terms, band = state and common(state), 1
      while terms and band < 5 and state[band + 4] == 0 do band = band + 1 end
      if terms and band < 5 then
        local n = jobs[names[i]]
        local taken = what == 'ended' and state.taken - n or state.taken
        local turns = terms.turn - state[band] + (what == 'begun' and n or 0)
        local size = closed(state, terms, taken) and 0 or min(state[band + 4], turns, terms.most - taken, limits.through)
        if size > 0 then lists[#lists + 1] = read_heads(state, band, size) end
      end
    end
    read_headers_of(lists)
  end

  -- A birth that is not sent yet, or was read already, or has changed.
  function keeper.know(id, birth)
    seen[id] = birth
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
    local _, opens = closed(state, under(rule, gate.terms), state.taken)
    return opens
  end

  -- When the first gate wakes, 0 for none; where it was not loaded and nothing has moved, nobody needs to know.
  function keeper.wake()
    local moved = next(stirred)
    for name, state in pairs(stirred) do
      if state.wake ~= (state.slept or 0) then
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
    if text and state.wake == 0 and waits_at(state) == 0 then return end
    state.wake, stirred[name] = now, state
    local rule = task and rule_about(task)
    local every = rule and rule.t.every
    if every and every < huge then state.tat = min(state.tat, now_micros + rule.t.slack + every) end
  end

  function keeper.save()
    for name, tail in pairs(tails) do add('HSET', states, name, written[counts[name]] .. tail) end
    for name, state in pairs(known) do
      local waits = waits_at(state)
      if state.taken > 0 or waits > 0 or state.wake > 0 then
        local text = text_of(state, waits > 0)
        if text ~= state.stored then add('HSET', states, name, text) end
      elseif state.stored then
        add('HDEL', states, name)
      end
    end
    keeper.wake()
  end

  return keeper
end


-- adding: how jobs come into a lane; shared by enqueue and exchange.
-- A job is three arguments: its local id, its band and what it asks for (mostly nothing; its gates, where it asks for nothing else;
-- or JSON), and `<task>\n<body>`.
-- JSON  due, expires { in = ms } or { at = ms } · keys { { key, until } … } · dup (what to do when one is taken) · only (into a
--       waiting holder with this body, or, where it is empty, behind an active one) · wait (the holder's, at most, in ms) · crash ·
--       attempts · after { name, … } · any (with after: any ending will do) · gates (see gates) · rest (JSON kept with the birth)

local names = { s = 'scheduled', b = 'blocked', r = 'ready', a = 'active', c = 'completed', f = 'failed', x = 'cancelled' }

local function time_of(due)
  if not due then return nil end
  return due['in'] and now + due['in'] or due.at
end

-- The id that holds `key`, unless the key is free.
local function holder_of(key)
  local entry = call('HGET', uniques, key)
  if not entry then return nil end
  local id, since, lasts = entry:match('^([^,]*),([^,]*),(.*)$')
  local window = tonumber(lasts)
  if window then return now < since + window and id or nil end
  local h = read(id)
  if not h then return nil end
  local final = h.state == 'c' or h.state == 'f' or h.state == 'x'
  if lasts == 'started' then return not final and h.started == '' and id or nil end
  if lasts == 'settled' then return not final and id or nil end
  return id
end

local function first_holder(keys, except)
  for i = 1, #keys do
    local id = holder_of(keys[i][1])
    if id and id ~= except then return id end
  end
  return nil
end

local function take_keys(keys, id, since)
  for i = 1, #keys do
    local key, lasts = keys[i][1], keys[i][2]
    call('HSET', uniques, key, id .. ',' .. since .. ',' .. lasts)
    call('ZREM', windows, key)
  end
end

-- What is new about a job goes into the one that holds its key.
local function renew(id, h, asked, text)
  local birth = call('HGET', births, id)
  local head = h.band + 4 .. birth:match('^.([^,]*,[^,\n]*)')
  local _, _, json = options(h, id)
  local rest = json ~= '' and cjson.decode(json) or {}
  rest.tags = asked.rest and cjson.decode(asked.rest).tags or nil
  local kept = next(rest) and cjson.encode(rest) or ''
  local line = head .. ',' .. (time_of(asked.expires) or '') .. ',' .. (asked.crash or '') .. ',' .. kept
  birth = line .. text:match('\n.*$')
  call('HSET', births, id, birth)
  if keeper then keeper.know(id, birth) end
  raise_flag(h, 'o')
end

-- When a scheduled holder shall be due: not later than so long after it was enqueued.
local function due_of_holder(id, asked)
  local at = time_of(asked.due)
  return at and asked.wait and min(at, born_at(call('HGET', births, id)) + asked.wait) or at
end

-- A key is taken: changes its holder as it was asked for. Gives whether it did.
local function change_holder(id, h, asked, text)
  local how, state = asked.dup, h.state
  if how == 'extend' then
    local at = state == 's' and due_of_holder(id, asked)
    if not at or at <= tonumber(h.due) then return false end
    call('ZREM', scheduled, id)
    make_due(id, h, at, 'delay')
    return true
  end
  if not (state == 's' or state == 'r' or (state == 'b' and how == 'follow')) then return false end
  local at = due_of_holder(id, asked)
  renew(id, h, asked, text)
  if state == 's' and how == 'replace' then
    call('ZREM', scheduled, id)
    make_due(id, h, at, 'delay')
  else
    put(id, h)
    touch(id, h)
  end
  return true
end

-- Any will do when none is named.
local function has_body(id, body)
  return not body or body == call('HGET', births, id):match('\n(.*)$')
end

-- Behind an active one, and whatever else was asked for.
local function wait_for_holder(asked, name)
  local names = { name }
  for _, other in ipairs(asked.after or {}) do
    if other ~= name then names[#names + 1] = other end
  end
  asked.after, asked.any = names, true
end

-- Waits for other jobs, and for `due` after that.
local function block(id, h, parents, due)
  h.state, h.due = 'b', due and due > now and due or ''
  call('ZADD', blocked, now, id)
  set_facet(h, id, 'A', table.concat(parents, ' '))
  put(id, h)
  for i = 1, #parents do raise('link', name_of(id), parents[i]) end
end

-- Made for a job that holds a key and waits: it goes into that one, or nowhere.
local function for_holder(asked)
  return asked.keys and asked.only and asked.only ~= ''
end

-- Adds a job that asks for something. Gives its code in the answer: a state, or `=<holder>,<state>[,replaced]`.
local function add_asking(id, band, asked, text)
  local keys = asked.keys or {}
  if keys[1] then
    flush()
    local holder = first_holder(keys)
    local h = holder and read(holder)
    if holder and not h then return '=' .. holder .. ',c' end
    if holder then
      local alone = (asked.only or '') == ''
      if asked.dup == 'follow' and h.state == 'a' and alone and not first_holder(keys, holder) then
        wait_for_holder(asked, name_of(holder))
      elseif asked.dup and has_body(holder, asked.only) and change_holder(holder, h, asked, text) then
        return '=' .. holder .. ',' .. h.state .. ',replaced'
      else
        return '=' .. holder .. ',' .. h.state
      end
    elseif for_holder(asked) then
      return '=' .. id .. ',c'
    end
  end
  local line, body = text:match('^([^\n]*)(\n.*)$')
  local expires = time_of(asked.expires)
  local plain = not (expires or asked.crash or asked.rest)
  local h = fresh(band, plain and '' or 'o')
  h.attempts = asked.attempts or 0
  if not plain then
    line = line .. ',' .. (expires or '') .. ',' .. (asked.crash or '') .. ',' .. (asked.rest or '')
  end
  local birth = (plain and band or band + 4) .. string.format('%x', now) .. ',' .. line .. body
  add('HSET', births, id, birth)
  take_keys(keys, id, now)
  count('enqueued')
  local due = time_of(asked.due)
  if asked.any then raise_flag(h, 'y') end
  if asked.gates or rules_of_tasks() then gates().know(id, birth) end
  if asked.gates then
    h.gates = asked.gates
    raise_flag(h, 'g')
  end
  if asked.after then block(id, h, asked.after, due) else make_due(id, h, due, 'delay') end
  return h.state
end

-- Its gates, where a job asks for nothing else. 123 is '{'.
local function only_gates(asked)
  return #asked > 1 and asked:byte(2) ~= 123 and asked:sub(2) or nil
end

local function asked_for(asked)
  local gates = only_gates(asked)
  return gates and { gates = gates } or #asked > 1 and cjson.decode(asked:sub(2)) or {}
end

-- Adds `n` jobs from ARGV[at] on, in order. Gives a list of codes; a repeated id is recognised and adds nothing.
local function add_jobs(at, n)
  rules_of_tasks()
  local ids, codes, known, gated = {}, {}, {}, {}
  for i = 1, n do
    local base = at + 3 * (i - 1)
    ids[i], gated[#gated + 1] = ARGV[base], only_gates(ARGV[base + 1])
  end
  if gated[1] then gates().prepare(gated) end
  for from = 1, n, chunk do
    local found = call('HMGET', births, unpack(ids, from, min(from + chunk - 1, n)))
    for i = 1, #found do known[from + i - 1] = found[i] and true or false end
  end
  local seen, created, behind, stamp = {}, 0, 0, string.format('%x', now) .. ','
  for i = 1, n do
    local id, base = ids[i], at + 3 * (i - 1)
    if seen[id] or known[i] then
      flush()
      codes[i] = read(id).state
    else
      local asked, text = ARGV[base + 1], ARGV[base + 2]
      if #asked == 1 and m.flow >= 2 then
        gates().know(id, asked .. stamp .. text)
        if gates().concerns(id) then asked = asked .. '{}' end
      end
      if #asked == 1 then
        add('HSET', births, id, asked .. stamp .. text)
        add('RPUSH', bands[asked], id)
        created = created + 1
        codes[i] = 'r'
        seen[id] = true
      elseif asked:byte(2) ~= 123 and m.flow < 2 then
        local band = asked:sub(1, 1)
        add('HSET', births, id, band .. stamp .. text)
        gates().arrive(id, band, asked:sub(2))
        behind = behind + 1
        codes[i] = 'r'
        seen[id] = true
      else
        codes[i] = add_asking(id, asked:sub(1, 1), asked_for(asked), text)
        seen[id] = codes[i]:sub(1, 1) ~= '='
      end
    end
  end
  if created > 0 then woke = true end
  count('enqueued', created + behind)
  return codes
end

-- How many of these jobs would be created and take room, which blocked ones do not. Jobs of one batch know each other's ids and keys.
local function would_create(at, n)
  local ids, taken, created = {}, {}, 0
  for i = 1, n do
    local base = at + 3 * (i - 1)
    local id, asked = ARGV[base], asked_for(ARGV[base + 1])
    local keys = asked.keys or {}
    local free = not (for_holder(asked) or ids[id]) and call('HEXISTS', births, id) == 0
    for k = 1, #keys do
      if free then
        local known = taken[keys[k][1]]
        if known == nil then known = holder_of(keys[k][1]) ~= nil end
        free = not known
      end
    end
    if free then
      ids[id] = true
      if not asked.after then created = created + 1 end
      for k = 1, #keys do taken[keys[k][1]] = not tonumber(keys[k][2]) or tonumber(keys[k][2]) > 0 end
    end
  end
  return created
end

-- adding: how jobs come into a lane; shared by enqueue and exchange.
-- A job is three arguments: its local id, its band and what it asks for (JSON, mostly none), and `<task>\n<body>`.
-- JSON  due, expires { in = ms } or { at = ms } · keys { { key, until } … } · replace · crash · attempts · after { name, … } · any (with
--       after: any ending will do) · limit { key, max } · rest (JSON kept with the birth)

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

-- `replace`: what is new about a job goes into the one that holds its key, while that waits.
local function replace(id, h, asked, text)
  local birth = call('HGET', births, id)
  local head = h.band + 4 .. birth:match('^.([^,]*,[^,\n]*)')
  local _, _, json = options(h, id)
  local rest = json ~= '' and cjson.decode(json) or {}
  rest.tags = asked.rest and cjson.decode(asked.rest).tags or nil
  local kept = next(rest) and cjson.encode(rest) or ''
  local line = head .. ',' .. (time_of(asked.expires) or '') .. ',' .. (asked.crash or '') .. ',' .. kept
  call('HSET', births, id, line .. text:match('\n.*$'))
  raise_flag(h, 'o')
  if h.state == 's' then
    call('ZREM', scheduled, id)
    make_due(id, h, time_of(asked.due), 'delay')
  else
    put(id, h)
    touch(id, h)
  end
  return h.state
end

-- Waits for other jobs, and for `due` after that.
local function block(id, h, parents, due)
  h.state, h.due = 'b', due and due > now and due or ''
  call('ZADD', blocked, now, id)
  set_facet(h, id, 'A', table.concat(parents, ' '))
  put(id, h)
  for i = 1, #parents do raise('link', name_of(id), parents[i]) end
end

-- Adds a job that asks for something. Gives its code in the answer: a state, or `=<holder>,<state>[,replaced]`.
local function add_asking(id, band, asked, text)
  flush()
  local keys = asked.keys or {}
  local holder = first_holder(keys)
  if holder then
    local h = read(holder)
    if not h then return '=' .. holder .. ',c' end
    if asked.replace and (h.state == 's' or h.state == 'r') then
      return '=' .. holder .. ',' .. replace(holder, h, asked, text) .. ',replaced'
    end
    return '=' .. holder .. ',' .. h.state
  end
  local line, body = text:match('^([^\n]*)(\n.*)$')
  local expires = time_of(asked.expires)
  local plain = not (expires or asked.crash or asked.rest)
  local h = fresh(band, plain and '' or 'o')
  h.attempts = asked.attempts or 0
  if not plain then
    line = line .. ',' .. (expires or '') .. ',' .. (asked.crash or '') .. ',' .. (asked.rest or '')
  end
  call('HSET', births, id, (plain and band or band + 4) .. string.format('%x', now) .. ',' .. line .. body)
  take_keys(keys, id, now)
  count('enqueued')
  local due = time_of(asked.due)
  if asked.any then raise_flag(h, 'y') end
  if asked.limit then
    raise_flag(h, 'G')
    call('HSET', facets, 'G' .. id, asked.limit[2] .. ' ' .. asked.limit[1])
  end
  if asked.after then block(id, h, asked.after, due) else make_due(id, h, due, 'delay') end
  return h.state
end

-- Adds `n` jobs from ARGV[at] on, in order. Gives a list of codes; a repeated id is recognised and adds nothing.
local function add_jobs(at, n)
  local ids, codes, known = {}, {}, {}
  for i = 1, n do ids[i] = ARGV[at + 3 * (i - 1)] end
  for from = 1, n, chunk do
    local found = call('HMGET', births, unpack(ids, from, min(from + chunk - 1, n)))
    for i = 1, #found do known[from + i - 1] = found[i] and true or false end
  end
  local seen, created, stamp = {}, 0, string.format('%x', now) .. ','
  for i = 1, n do
    local id, base = ids[i], at + 3 * (i - 1)
    if seen[id] or known[i] then
      flush()
      codes[i] = read(id).state
    else
      local asked, text = ARGV[base + 1], ARGV[base + 2]
      if #asked == 1 then
        add('HSET', births, id, asked .. stamp .. text)
        add('RPUSH', bands[asked], id)
        created = created + 1
        codes[i] = 'r'
        seen[id] = true
      else
        codes[i] = add_asking(id, asked:sub(1, 1), cjson.decode(asked:sub(2)), text)
        seen[id] = codes[i]:sub(1, 1) ~= '='
      end
    end
  end
  if created > 0 then
    woke = true
    count('enqueued', created)
  end
  return codes
end

-- How many of these jobs would be created and take room, which blocked ones do not. Jobs of one batch know each other's ids and keys.
local function would_create(at, n)
  local ids, taken, created = {}, {}, 0
  for i = 1, n do
    local base = at + 3 * (i - 1)
    local id, asked = ARGV[base], #ARGV[base + 1] > 1 and cjson.decode(ARGV[base + 1]:sub(2)) or {}
    local keys = asked.keys or {}
    local free = not ids[id] and call('HEXISTS', births, id) == 0
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

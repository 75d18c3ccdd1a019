/**
 * The least that an honest at-least-once queue does on Redis: a body per job, a list of who waits, what each worker holds,
 * and a lease per worker, so that the jobs of a dead one could be found and given back. In the layout of the Redis store.
 */
export const keys = {
  bodies: '{floor}:j',
  ready: '{floor}:r',
  completed: '{floor}:c',
  leases: '{floor}:w',
  heldBy: (worker: string) => `{floor}:a:${worker}`,
};

/** Adds a batch to the end of the list. KEYS bodies · ready. ARGV per job: id · body. */
export const addScript = `
local ids = {}
for i = 1, #ARGV, 2 do ids[#ids + 1] = ARGV[i] end
redis.call('HSET', KEYS[1], unpack(ARGV))
return redis.call('RPUSH', KEYS[2], unpack(ids))
`;

/**
 * Settles a batch, renews the lease and claims the next batch, unless the lease is gone.
 * KEYS bodies · ready · completed · leases · what this worker holds.
 * ARGV worker · lease in ms · number to claim · '1' to keep what completed · ids of the completed.
 * Gives { claimed ids, their bodies }, or false.
 */
export const exchangeScript = `
local bodies, ready, completed, leases, holds = unpack(KEYS)
local worker, lease, want, keep = unpack(ARGV, 1, 4)
if not redis.call('ZSCORE', leases, worker) then return false end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', leases, now + lease, worker)
if #ARGV > 4 then
  redis.call('HDEL', holds, unpack(ARGV, 5))
  if keep == '1' then
    local finished = {}
    for i = 5, #ARGV do
      finished[#finished + 1] = now
      finished[#finished + 1] = ARGV[i]
    end
    redis.call('ZADD', completed, unpack(finished))
  else
    redis.call('HDEL', bodies, unpack(ARGV, 5))
  end
end
local ids = tonumber(want) > 0 and redis.call('LPOP', ready, want)
if not ids then return { {}, {} } end
local held = {}
for i = 1, #ids do
  held[#held + 1] = ids[i]
  held[#held + 1] = now
end
redis.call('HSET', holds, unpack(held))
return { ids, redis.call('HMGET', bodies, unpack(ids)) }
`;

-- know: the registry of a namespace learns of a queue and how many shards it has. Numbers only grow.
-- KEYS  1 queues · 2 settings
-- ARGV  1 queue · 2 shards
-- gives the settings of the queue, or false
local queues, settings = unpack(KEYS)
local queue, shards = unpack(ARGV)
local known = tonumber(redis.call('HGET', queues, queue) or 0)
if tonumber(shards) > known then redis.call('HSET', queues, queue, shards) end
return redis.call('HGET', settings, queue)

-- queues: what the registry knows of queues.
-- KEYS  1 queues · 2 settings
-- gives { queue, shards, … flat; queue, settings, … flat }
return { redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2]) }

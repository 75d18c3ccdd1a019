-- registry: writes down a fact about a queue or a worker. A script, so that a full memory does not stop who comes to drain it.
-- KEYS  1 queues, settings or workers
-- ARGV  1 field · 2 text
-- gives 1 when the field is new
return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])

-- load: one shard with its counters and the settings of its queue.
SELECT n, lanes.queue, shard, takes, fence, head, tail, beat_at, grace_until, band0, band1, band2, band3, suspects,
  scheduled, blocked, active, completed, failed, cancelled,
  total_enqueued, total_revived, total_completed, total_failed, total_cancelled, total_removed, news, paused, max_ready
FROM lanes LEFT JOIN settings ON settings.queue = lanes.queue
WHERE lanes.queue = ? AND shard = ?;

-- all: every shard, in the order pages go through them.
SELECT n, lanes.queue, shard, takes, fence, head, tail, beat_at, grace_until, band0, band1, band2, band3, suspects,
  scheduled, blocked, active, completed, failed, cancelled,
  total_enqueued, total_revived, total_completed, total_failed, total_cancelled, total_removed, news, paused, max_ready
FROM lanes LEFT JOIN settings ON settings.queue = lanes.queue
ORDER BY lanes.queue, shard;

-- create: the first job or worker of a shard.
INSERT INTO lanes (queue, shard) VALUES (?, ?);

-- save: the counters, once per transaction.
UPDATE lanes SET takes = ?, fence = ?, head = ?, tail = ?, beat_at = ?, grace_until = ?,
  band0 = ?, band1 = ?, band2 = ?, band3 = ?, suspects = ?,
  scheduled = ?, blocked = ?, active = ?, completed = ?, failed = ?, cancelled = ?,
  total_enqueued = ?, total_revived = ?, total_completed = ?, total_failed = ?, total_cancelled = ?, total_removed = ?, news = ?
WHERE n = ?;

-- park: one more ready job that is in no list, or one less. They are not among the counters above, as few verbs ask for them.
UPDATE lanes SET parked = parked + ? WHERE n = ?;

-- parked: how many there are.
SELECT parked FROM lanes WHERE n = ?;

-- load: one shard with its counters and the settings of its queue.
SELECT n, lanes.queue, shard, takes, fence, head, tail, beat_at, grace_until, band0, band1, band2, band3, suspects,
  scheduled, blocked, active, completed, failed, cancelled,
  total_enqueued, total_revived, total_completed, total_failed, total_cancelled, total_removed, news, parked, wake, tat, gates, paused, max_ready, flow
FROM lanes LEFT JOIN settings ON settings.queue = lanes.queue
WHERE lanes.queue = ? AND shard = ?;

-- all: every shard, in the order pages go through them.
SELECT n, lanes.queue, shard, takes, fence, head, tail, beat_at, grace_until, band0, band1, band2, band3, suspects,
  scheduled, blocked, active, completed, failed, cancelled,
  total_enqueued, total_revived, total_completed, total_failed, total_cancelled, total_removed, news, parked, wake, tat, gates, paused, max_ready, flow
FROM lanes LEFT JOIN settings ON settings.queue = lanes.queue
ORDER BY lanes.queue, shard;

-- create: the first job or worker of a shard.
INSERT INTO lanes (queue, shard) VALUES (?, ?);

-- save: the counters, once per transaction.
UPDATE lanes SET takes = ?, fence = ?, head = ?, tail = ?, beat_at = ?, grace_until = ?,
  band0 = ?, band1 = ?, band2 = ?, band3 = ?, suspects = ?,
  scheduled = ?, blocked = ?, active = ?, completed = ?, failed = ?, cancelled = ?,
  total_enqueued = ?, total_revived = ?, total_completed = ?, total_failed = ?, total_cancelled = ?, total_removed = ?, news = ?,
  parked = ?, wake = ?, tat = ?, gates = ?
WHERE n = ?;

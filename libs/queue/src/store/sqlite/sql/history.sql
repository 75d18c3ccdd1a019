-- add: what one transaction settled.
INSERT INTO minutes (lane, at, completed, failed, cancelled, retry) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (lane, at) DO UPDATE SET completed = completed + excluded.completed, failed = failed + excluded.failed,
  cancelled = cancelled + excluded.cancelled, retry = retry + excluded.retry;

-- since: minutes of all shards together, oldest first.
SELECT queue, at, sum(minutes.completed), sum(minutes.failed), sum(minutes.cancelled), sum(minutes.retry)
FROM minutes JOIN lanes ON lanes.n = minutes.lane
WHERE (?1 IS NULL OR queue = ?1) AND at >= ?2
GROUP BY queue, at ORDER BY at, queue;

-- prune: minutes older than a day.
DELETE FROM minutes WHERE lane = ? AND at < ?;

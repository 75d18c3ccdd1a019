-- mark: its worker shall be told to stop.
UPDATE jobs SET mark = ? WHERE n = ?;

-- unexpire: a job begun again by hand has no expiry.
UPDATE jobs SET expires_at = NULL WHERE n = ?;

-- enqueued: timed keys are counted from here.
SELECT enqueued_at FROM jobs WHERE n = ?;

-- settings: what a queue was told.
SELECT paused, max_ready, flow FROM settings WHERE queue = ?;

-- configure: tells it.
INSERT INTO settings (queue, paused, max_ready, flow) VALUES (?, ?, ?, ?)
ON CONFLICT (queue) DO UPDATE SET paused = excluded.paused, max_ready = excluded.max_ready, flow = excluded.flow;

-- tell: whoever serves the queue.
UPDATE lanes SET news = news + 1 WHERE queue = ?;

-- shards: of this queue.
SELECT shard FROM lanes WHERE queue = ? ORDER BY shard;

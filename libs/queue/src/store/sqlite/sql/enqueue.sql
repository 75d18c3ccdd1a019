-- insert: a new job, ready or scheduled. Changes nothing when the id is known already.
INSERT INTO jobs (id, lane, state, task, priority, enqueued_at, attempts, crashes, releases, crash_limit, place, pos,
  due_at, expires_at, keep, why, trail, keys, parent, root, tags, body)
VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING;

-- replace: what is new about a duplicate goes into the job that waits.
UPDATE jobs SET body = ?, expires_at = ?, tags = ?, keep = ?, crash_limit = ? WHERE id = ?;

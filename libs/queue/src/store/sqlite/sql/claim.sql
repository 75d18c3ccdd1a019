-- look: the head of one list.
SELECT n, id, task, body, attempts, crashes, releases, priority, enqueued_at, due_at, expires_at, parent, root, tags,
  checkpoint, trail
FROM jobs WHERE lane = ? AND state = 2 AND place = ? ORDER BY pos LIMIT ?;

-- take: these rows (a JSON array, in order) become active. One statement for a batch is twice as fast as one each.
UPDATE jobs SET state = 3, place = NULL, pos = NULL, worker = ?1, started_at = ?2, fence = ?3 + taken.key
FROM json_each(?4) AS taken WHERE jobs.n = taken.value;

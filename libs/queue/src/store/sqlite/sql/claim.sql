-- look: the head of one list. What few jobs have comes packed as JSON, as each column of each row costs 0.1 µs to hand over.
SELECT n, id, task, body, enqueued_at,
  CASE WHEN attempts OR crashes OR releases OR trail OR priority <> place OR due_at IS NOT NULL OR expires_at IS NOT NULL
    OR parent IS NOT NULL OR root IS NOT NULL OR tags IS NOT NULL OR checkpoint IS NOT NULL
  THEN json_array(attempts, crashes, releases, priority, due_at, expires_at, parent, root, tags, checkpoint, trail) END
FROM jobs WHERE lane = ? AND state = 2 AND place = ? ORDER BY pos LIMIT ?;

-- look_gated: the same where some have gates.
SELECT n, id, task, body, enqueued_at,
  CASE WHEN attempts OR crashes OR releases OR trail & ~8 OR priority <> place OR due_at IS NOT NULL OR expires_at IS NOT NULL
    OR parent IS NOT NULL OR root IS NOT NULL OR tags IS NOT NULL OR checkpoint IS NOT NULL
  THEN json_array(attempts, crashes, releases, priority, due_at, expires_at, parent, root, tags, checkpoint, trail) END,
  gates, passed
FROM jobs WHERE lane = ? AND state = 2 AND place = ? ORDER BY pos LIMIT ?;

-- take: these rows (a JSON array, in order) become active. One statement for a batch is twice as fast as one each.
UPDATE jobs SET state = 3, place = NULL, pos = NULL, worker = ?1, started_at = ?2, fence = ?3 + taken.key
FROM json_each(?4) AS taken WHERE jobs.n = taken.value;

-- look_begun: what `look` tells, of gated jobs that begin before any list could show them (a JSON array of their numbers).
SELECT n, id, task, body, enqueued_at,
  CASE WHEN attempts OR crashes OR releases OR trail & ~8 OR due_at IS NOT NULL OR expires_at IS NOT NULL
    OR parent IS NOT NULL OR root IS NOT NULL OR tags IS NOT NULL OR checkpoint IS NOT NULL
  THEN json_array(attempts, crashes, releases, priority, due_at, expires_at, parent, root, tags, checkpoint, trail) END
FROM jobs WHERE n IN (SELECT value FROM json_each(?));

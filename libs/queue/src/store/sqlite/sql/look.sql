-- named: the newest job of a caller's own name, in one queue or any. One probe per shard.
SELECT jobs.id FROM lanes CROSS JOIN keys CROSS JOIN jobs
WHERE (?2 IS NULL OR lanes.queue = ?2) AND keys.lane = lanes.n AND keys.key = ?1 AND jobs.id = keys.job
ORDER BY jobs.enqueued_at DESC, lanes.queue, lanes.shard LIMIT 1;

-- settings: of every queue that was ever configured.
SELECT queue, paused, max_ready, flow FROM settings;

-- oldest: of the jobs at the head of a list, the one that was enqueued first. Five probes.
SELECT min(enqueued_at) FROM (
  SELECT (SELECT enqueued_at FROM jobs WHERE lane = ?1 AND state = 2 AND place = list.value ORDER BY pos LIMIT 1) AS enqueued_at
  FROM json_each('[0, 1, 2, 3, 4]') AS list);

-- head: what the moves need of one job.
SELECT {head} FROM jobs WHERE id = ?;

-- heads: the same of several, as far as they live in one shard, gathered.
SELECT json_group_array(json_array({head})) FROM jobs WHERE id IN (SELECT value FROM json_each(?)) AND +lane = ?;

-- usual: what completing takes to know of those that `worker` holds here without keys and without rows in other tables, gathered.
SELECT json_group_array(json_array(n, id, fence, attempts)) FROM jobs
WHERE id IN (SELECT value FROM json_each(?)) AND +lane = ? AND state = 3 AND worker = ? AND keys IS NULL AND trail = 0;

-- usual_gated: the same of jobs that have gates.
SELECT json_group_array(json_array(n, id, fence, attempts, gates, passed)) FROM jobs
WHERE id IN (SELECT value FROM json_each(?)) AND +lane = ? AND state = 3 AND worker = ? AND keys IS NULL AND trail = 8;

-- put: a job in its new place.
UPDATE jobs SET state = ?, place = ?, pos = ?, attempts = ?, crashes = ?, releases = ?, worker = ?, fence = ?, mark = ?,
  due_at = ?, started_at = ?, why = ?, reason = ?, error = ?, trail = ?, finished_at = ?, forget_at = ?, result = ?
WHERE n = ?;

-- complete: put, for the ending that is usual.
UPDATE jobs SET state = 4, worker = NULL, fence = NULL, mark = NULL, why = NULL, reason = NULL, error = NULL,
  attempts = ?, finished_at = ?, forget_at = ?, result = ?
WHERE n = ?;

-- delete: the records vanish.
DELETE FROM jobs WHERE n IN (SELECT value FROM json_each(?));

-- record: all that is known of one job.
SELECT {full} FROM jobs WHERE id = ?;

-- attempts: how its attempts ended, oldest first.
SELECT entry FROM attempts WHERE job = ? ORDER BY seq;

-- attempted: one attempt more.
INSERT INTO attempts (job, seq, entry) SELECT ?1, 1 + coalesce(max(seq), 0), ?2 FROM attempts WHERE job = ?1;

-- trim_attempts: only the newest stay.
DELETE FROM attempts WHERE job = ?1 AND seq <= (SELECT max(seq) FROM attempts WHERE job = ?1) - ?2;

-- log: its log lines, oldest first.
SELECT line FROM log WHERE job = ? ORDER BY seq;

-- steps: its finished steps.
SELECT name, result FROM steps WHERE job = ?;

-- forget_attempts: with the record.
DELETE FROM attempts WHERE job = ?;

-- forget_log: with the record.
DELETE FROM log WHERE job = ?;

-- forget_steps: with the record.
DELETE FROM steps WHERE job = ?;

-- task: which task it asks for.
SELECT task FROM jobs WHERE n = ?;

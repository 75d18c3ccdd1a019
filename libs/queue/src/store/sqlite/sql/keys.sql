-- look: which job a key points to, how long, and how that job stands.
SELECT keys.job, keys.kind, keys.ends_at, jobs.state, jobs.started_at
FROM keys LEFT JOIN jobs ON jobs.id = keys.job
WHERE keys.lane = ? AND keys.key = ?;

-- take: a key points to this job from now on.
INSERT INTO keys (lane, key, job, kind, ends_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (lane, key) DO UPDATE SET job = excluded.job, kind = excluded.kind, ends_at = excluded.ends_at;

-- release: the job vanishes; a timed key that is not over stays.
DELETE FROM keys WHERE lane = ? AND key = ? AND job = ? AND NOT (kind = 'timed' AND ends_at > ?);

-- orphan: the one that stays, alone from now on.
UPDATE keys SET kind = 'orphan' WHERE lane = ? AND key = ? AND job = ? AND kind = 'timed';

-- prune: orphans that are over, a page of them.
DELETE FROM keys WHERE lane = ?1 AND key IN (
  SELECT key FROM keys WHERE lane = ?1 AND kind = 'orphan' AND ends_at <= ?2 ORDER BY ends_at LIMIT ?3);

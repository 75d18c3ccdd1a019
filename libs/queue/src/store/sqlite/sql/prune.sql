-- look: finished jobs whose time ends first.
SELECT {head} FROM jobs INDEXED BY jobs_forgotten
WHERE lane = ? AND state = ? AND state >= 4 AND forget_at <= ? ORDER BY forget_at, id LIMIT ?;

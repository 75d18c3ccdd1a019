-- due: scheduled jobs whose time has come, earliest first.
SELECT {head} FROM jobs WHERE lane = ? AND state = 0 AND due_at <= ? ORDER BY due_at, id LIMIT ?;

-- next_due: when the next one is due.
SELECT due_at FROM jobs WHERE lane = ? AND state = 0 ORDER BY due_at, id LIMIT 1;

-- cancels: what this worker holds and somebody wants cancelled, earliest claim first.
SELECT id FROM jobs INDEXED BY jobs_marked WHERE worker = ? AND lane = ? AND mark IS NOT NULL ORDER BY fence;

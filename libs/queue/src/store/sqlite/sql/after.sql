-- block: a new job waits for these (a JSON array), in their order.
INSERT INTO waits (job, parent, any_ending) SELECT jobs.n, value, ?3 FROM jobs CROSS JOIN json_each(?2) WHERE jobs.id = ?1;

-- mark: there is more of this job in other tables.
UPDATE jobs SET trail = trail | ? WHERE id = ?;

-- waits: what a blocked job waits for.
SELECT parent FROM waits WHERE job = ? ORDER BY n;

-- waiting: whether it waits for this one, and whether any ending will do.
SELECT any_ending FROM waits WHERE job = ? AND parent = ?;

-- left: whether it waits for any.
SELECT 1 FROM waits WHERE job = ? LIMIT 1;

-- unwait: no longer for this one.
DELETE FROM waits WHERE job = ? AND parent = ?;

-- forget_waits: for none.
DELETE FROM waits WHERE job = ?;

-- remember: a parent has one job more to tell.
INSERT INTO dependents (parent, child) VALUES (?, ?) ON CONFLICT (parent, child) DO NOTHING;

-- dependents: whom to tell first.
SELECT n, child FROM dependents WHERE parent = ? AND n <= ? ORDER BY n LIMIT ?;

-- last_dependent: the number of the one to tell last.
SELECT max(n) FROM dependents WHERE parent = ?;

-- forget_dependents: these have been told.
DELETE FROM dependents WHERE parent = ? AND n <= ?;

-- put_off: for another transaction.
INSERT INTO outbox (kind, from_job, to_job, upto) VALUES (?, ?, ?, ?);

-- outbox: what was put off, oldest first.
SELECT n, kind, from_job, to_job, upto FROM outbox ORDER BY n LIMIT ?;

-- done: no longer put off.
DELETE FROM outbox WHERE n = ?;

-- Jobs that wait for other jobs. `trail` of a job says what there is of it in other tables: 1 in attempts, log or steps ·
-- 2 in dependents, as a parent · 4 in waits.

-- What a blocked job waits for, by rowid, as parents may live in any lane or nowhere.
CREATE TABLE waits (n INTEGER PRIMARY KEY, job INTEGER NOT NULL, parent TEXT NOT NULL);
CREATE UNIQUE INDEX waits_job ON waits (job, parent);

-- Which jobs to tell when a job ends, by id, as its row may be gone by then.
CREATE TABLE dependents (n INTEGER PRIMARY KEY, parent TEXT NOT NULL, child TEXT NOT NULL);
CREATE UNIQUE INDEX dependents_parent ON dependents (parent, child);

-- What one transaction could not do for all: see effects.ts. Without `to_job`: tell the dependents of `from_job` whose n is at most `upto`.
CREATE TABLE outbox (n INTEGER PRIMARY KEY, kind TEXT NOT NULL, from_job TEXT NOT NULL, to_job TEXT, upto INTEGER);

CREATE INDEX jobs_blocked ON jobs (lane, enqueued_at, id) WHERE state = 1;

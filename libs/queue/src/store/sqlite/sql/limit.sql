-- add: what a new job was enqueued with.
INSERT INTO limited (job, lane, key, max, ticket) SELECT n, lane, ?2, ?3, ?4 FROM jobs WHERE id = ?1;

-- of: the limit of a job, and how many of its key are admitted.
SELECT key, max, (SELECT admitted FROM limits WHERE limits.lane = limited.lane AND limits.key = limited.key)
FROM limited WHERE job = ?;

-- admitted: how many of a key.
SELECT admitted FROM limits WHERE lane = ? AND key = ?;

-- admit: so many are.
INSERT INTO limits (lane, key, admitted) VALUES (?, ?, ?) ON CONFLICT (lane, key) DO UPDATE SET admitted = excluded.admitted;

-- admit_none: none is.
DELETE FROM limits WHERE lane = ? AND key = ?;

-- park: a job gets a ticket, or hands it in.
UPDATE limited SET ticket = ? WHERE job = ?;

-- next: the first of the parked jobs with tickets between these two, and its max.
SELECT {head}, max FROM limited CROSS JOIN jobs ON jobs.n = limited.job
WHERE limited.lane = ? AND ticket > ? AND ticket < ? ORDER BY ticket LIMIT 1;

-- let_in: a parked job joins a list.
UPDATE jobs SET place = ?, pos = ? WHERE n = ?;

-- forget: with the record.
DELETE FROM limited WHERE job = ?;

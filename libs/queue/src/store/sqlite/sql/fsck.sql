-- integrity: pages, indexes, constraints.
PRAGMA integrity_check;

-- page: jobs of one shard.
SELECT {head} FROM jobs WHERE lane = ? AND n > ? ORDER BY n LIMIT ?;

-- orphans: held by a worker without a lease.
SELECT id FROM jobs WHERE lane = ?1 AND state = 3
  AND NOT EXISTS (SELECT 1 FROM leases WHERE leases.lane = ?1 AND leases.worker = jobs.worker);

-- ahead: with a fence that was never given.
SELECT id FROM jobs WHERE lane = ? AND state = 3 AND fence > ?;

-- shared: with a fence that another has too.
SELECT id FROM jobs WHERE lane = ?1 AND state = 3
  AND fence IN (SELECT fence FROM jobs WHERE lane = ?1 AND state = 3 GROUP BY fence HAVING count(*) > 1);

-- strays: keys whose job is gone.
SELECT key FROM keys WHERE lane = ? AND kind <> 'orphan' AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = keys.job);

-- stuck: blocked, and waiting for nothing, or for something that has ended, is gone or does not know it.
SELECT id FROM jobs WHERE state = 1 AND (
  NOT EXISTS (SELECT 1 FROM waits WHERE waits.job = jobs.n)
  OR EXISTS (
    SELECT 1 FROM waits LEFT JOIN jobs AS parent ON parent.id = waits.parent
    WHERE waits.job = jobs.n AND (parent.state IS NULL OR parent.state >= 4
      OR NOT EXISTS (SELECT 1 FROM dependents WHERE dependents.parent = waits.parent AND child = jobs.id))));

-- schedules: when the next slot of each comes, and which was the last.
SELECT id, next, last FROM schedules NOT INDEXED;

-- due: what schedules are found by.
SELECT id, next FROM schedules INDEXED BY schedules_due WHERE next IS NOT NULL;

-- ungated: jobs that do not know of their gates (see 0009), or do not have those they know of.
SELECT id FROM jobs WHERE lane = ? AND (trail & 8 <> 0) <> (gates IS NOT NULL AND passed IS NOT NULL);

-- gates: what is known of each.
SELECT state, wake FROM gates WHERE lane = ?;

-- Gates instead of limits. Nothing that made limits was ever released, so they are not converted: parked jobs join their lists,
-- in the order in which they would have been admitted, and the limits are forgotten.
UPDATE jobs SET place = CASE WHEN crashes > 0 AND crashes >= crash_limit - 1 THEN 4 ELSE priority END, pos = parked.pos
FROM (
  SELECT job, lanes.tail + row_number() OVER (PARTITION BY lane ORDER BY ticket) - 1 AS pos
  FROM limited JOIN lanes ON lanes.n = limited.lane WHERE ticket IS NOT NULL
) AS parked WHERE jobs.n = parked.job;
UPDATE jobs SET trail = trail & ~8 WHERE trail & 8;
UPDATE lanes SET tail = tail + parked, parked = 0,
  band0 = (SELECT count(*) FROM jobs WHERE lane = lanes.n AND state = 2 AND place = 0),
  band1 = (SELECT count(*) FROM jobs WHERE lane = lanes.n AND state = 2 AND place = 1),
  band2 = (SELECT count(*) FROM jobs WHERE lane = lanes.n AND state = 2 AND place = 2),
  band3 = (SELECT count(*) FROM jobs WHERE lane = lanes.n AND state = 2 AND place = 3),
  suspects = (SELECT count(*) FROM jobs WHERE lane = lanes.n AND state = 2 AND place = 4)
WHERE parked > 0;
DROP TABLE limited;
DROP TABLE limits;

-- The gates of a job as JSON, innermost first, and how many of them it has passed. `ticket` while it is parked: the name of the gate
-- it stands in front of, then its band, time and id. `trail`, see 0002: 8 it has gates.
ALTER TABLE jobs ADD COLUMN gates TEXT;
ALTER TABLE jobs ADD COLUMN passed INTEGER;
ALTER TABLE jobs ADD COLUMN ticket TEXT;
CREATE UNIQUE INDEX jobs_parked ON jobs (lane, ticket) WHERE ticket IS NOT NULL;

-- What is known of a gate; one that nobody needs has no row. `wake`: when to look at it again by the clock. `state` is JSON, as all of
-- it is read and written together: see gate-state.ts.
CREATE TABLE gates (lane INTEGER NOT NULL, name TEXT NOT NULL, wake INTEGER, state TEXT NOT NULL, PRIMARY KEY (lane, name)) WITHOUT ROWID;
CREATE INDEX gates_waking ON gates (lane, wake, name) WHERE wake IS NOT NULL;

-- Of a shard: how many gates there are, no later than when the first wakes, and the theoretical arrival time of the queue's rate in
-- microseconds. `parked` counts as before.
ALTER TABLE lanes ADD COLUMN gates INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lanes ADD COLUMN wake INTEGER;
ALTER TABLE lanes ADD COLUMN tat INTEGER NOT NULL DEFAULT 0;

-- `maxActive`, `rate`, `weights` and `tasks` as JSON, as far as anything is said.
ALTER TABLE settings ADD COLUMN flow TEXT;

-- longest: of the leases that run, or ran out but were not reaped yet.
SELECT max(length) FROM leases WHERE lane = ? AND until <> 0;

-- extend: the clock went back, so everybody gets time to report.
UPDATE leases SET until = ? WHERE lane = ? AND until <> 0;

-- renew: begins or goes on.
INSERT INTO leases (lane, worker, until, length) VALUES (?, ?, ?, ?)
ON CONFLICT (lane, worker) DO UPDATE SET until = excluded.until, length = excluded.length;

-- running: whether a worker may exchange.
SELECT 1 FROM leases WHERE lane = ? AND worker = ? AND until <> 0;

-- ended: workers whose lease ran out, and when they were last heard of; those half reaped come first, of whom that is forgotten.
SELECT worker, CASE WHEN until <> 0 THEN until - length END FROM leases WHERE lane = ? AND until < ? ORDER BY until, worker;

-- lose: being reaped.
UPDATE leases SET until = 0 WHERE lane = ? AND worker = ?;

-- end: the worker is gone from this shard.
DELETE FROM leases WHERE lane = ? AND worker = ?;

-- end_all: and from every shard.
DELETE FROM leases WHERE worker = ?;

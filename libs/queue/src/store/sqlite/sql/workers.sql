-- put: an incarnation announces itself.
INSERT INTO workers (id, record) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET record = excluded.record;

-- lanes: where a worker has a lease or holds jobs.
SELECT queue, shard FROM lanes
WHERE n IN (SELECT lane FROM leases WHERE worker = ? UNION SELECT lane FROM jobs WHERE worker = ? AND state = 3);

-- held: what a worker holds in one shard, latest claim first.
SELECT {head} FROM jobs WHERE worker = ? AND lane = ? AND state = 3 ORDER BY fence DESC LIMIT ?;

-- running: workers whose lease runs somewhere, the latest end of it, and how many jobs they hold.
SELECT record, max(until), (SELECT count(*) FROM jobs WHERE jobs.worker = workers.id AND state = 3)
FROM workers JOIN leases ON leases.worker = workers.id
WHERE until >= ? GROUP BY workers.id ORDER BY workers.id;

-- delete: an incarnation is forgotten.
DELETE FROM workers WHERE id = ?;

-- delete_unleased: the same, when no shard knows it any more.
DELETE FROM workers WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM leases WHERE worker = ?1);

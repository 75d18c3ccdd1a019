-- find: one schedule.
SELECT {schedule} FROM schedules WHERE id = ?;

-- named: those of these ids (a JSON array), in their order.
SELECT {schedule} FROM (SELECT key, value FROM json_each(?)) AS wanted CROSS JOIN schedules ON schedules.id = wanted.value
ORDER BY wanted.key LIMIT ?;

-- page: all behind this id.
SELECT {schedule} FROM schedules WHERE id > ? ORDER BY id LIMIT ?;

-- owned: the same, as far as one owner declares them.
SELECT {schedule} FROM schedules WHERE owner = ? AND id > ? ORDER BY id LIMIT ?;

-- due: longest overdue first.
SELECT {schedule} FROM schedules WHERE next <= ? ORDER BY next, id LIMIT ?;

-- first: when the next slot of any will come.
SELECT next FROM schedules WHERE next IS NOT NULL ORDER BY next, id LIMIT 1;

-- put: a definition, new or in the place of the one of its id; what the schedule has done stays.
INSERT INTO schedules (id, body, owner, next, paused, version, created_at, changed_at, enqueued, skipped, missed, slots)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 0, 0, 0, '[]')
ON CONFLICT (id) DO UPDATE SET body = excluded.body, owner = excluded.owner, next = excluded.next, paused = excluded.paused,
  version = excluded.version, changed_at = excluded.changed_at;

-- fire: what has become of slots.
UPDATE schedules SET version = ?, next = ?, last = ?, job = ?, enqueued = ?, skipped = ?, missed = ?, slots = ? WHERE id = ?;

-- remove: one schedule, in any version or the one that is named.
DELETE FROM schedules WHERE id = ?1 AND (?2 IS NULL OR version = ?2);

-- size: how many there are.
SELECT size FROM book;

-- grow: one more, or one less.
UPDATE book SET size = size + ?;

-- tell: whoever sleeps until the first slot.
UPDATE book SET news = news + 1;

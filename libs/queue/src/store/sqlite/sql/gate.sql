-- load: what is known of these gates (a JSON array of names), one text behind the other.
SELECT group_concat(state, ',') FROM gates WHERE lane = ? AND name IN (SELECT value FROM json_each(?));

-- save: what is known of one gate from now on.
REPLACE INTO gates (lane, name, wake, state) VALUES (?, ?, ?, ?);

-- save_ten: of ten gates, which costs half of ten statements.
REPLACE INTO gates (lane, name, wake, state) VALUES
  (?1, ?2, ?3, ?4), (?1, ?5, ?6, ?7), (?1, ?8, ?9, ?10), (?1, ?11, ?12, ?13), (?1, ?14, ?15, ?16),
  (?1, ?17, ?18, ?19), (?1, ?20, ?21, ?22), (?1, ?23, ?24, ?25), (?1, ?26, ?27, ?28), (?1, ?29, ?30, ?31);

-- save_sleeping: the same of gates that do not wake (a JSON object, by name), at two thirds of the price.
INSERT INTO gates (lane, name, state) SELECT ?1, key, value FROM json_each(?2) WHERE true
ON CONFLICT (lane, name) DO UPDATE SET wake = NULL, state = excluded.state;

-- forget: nobody needs these gates (a JSON array of names) any more.
DELETE FROM gates WHERE lane = ? AND name IN (SELECT value FROM json_each(?));

-- waking: gates to be looked at by now, earliest first.
SELECT name FROM gates WHERE lane = ? AND wake <= ? ORDER BY wake, name LIMIT ?;

-- next_wake: when the next one is to be looked at.
SELECT wake FROM gates WHERE lane = ? AND wake IS NOT NULL ORDER BY wake, name LIMIT 1;

-- heads: of each of these parts of a gate's parked jobs (a JSON array of name and band) the first, gathered.
SELECT json_group_array(json_array({waiting})) FROM (SELECT value AS part FROM json_each(?2)) CROSS JOIN jobs
ON n = (
  SELECT first.n FROM jobs AS first
  WHERE first.lane = ?1 AND first.ticket >= part AND first.ticket < part || ':' ORDER BY first.ticket LIMIT 1);

-- head: the first of one part, whose tickets lie between these two.
SELECT {waiting} FROM jobs WHERE lane = ? AND ticket >= ? AND ticket < ? ORDER BY ticket LIMIT ?;

-- move: these jobs (a JSON array of rows) stand elsewhere in line or in front of a gate, and have passed so many.
UPDATE jobs SET place = moved.value ->> 1, pos = moved.value ->> 2, passed = moved.value ->> 3, ticket = moved.value ->> 4
FROM json_each(?) AS moved WHERE jobs.n = moved.value ->> 0;

-- let_in: these parked jobs (a JSON array, in order) have passed one gate more and join their lists, from this position on. What
-- `move` would do, at three quarters of the price.
UPDATE jobs SET place = CASE WHEN crashes > 0 AND crashes >= crash_limit - 1 THEN 4 ELSE priority END, pos = ?1 + moved.key,
  passed = passed + 1, ticket = NULL
FROM json_each(?2) AS moved WHERE jobs.n = moved.value;

-- begin: these parked jobs (a JSON object, from their numbers to their fences) have passed all their gates and are active. What
-- `let_in` or `move` and then `claim.take` would do, at half of the price.
UPDATE jobs SET state = 3, place = NULL, pos = NULL, worker = ?1, started_at = ?2, fence = moved.value,
  passed = json_array_length(gates), ticket = NULL
FROM json_each(?3) AS moved WHERE jobs.n = +moved.key;

-- complete: these jobs (a JSON object, from their numbers to their results) have completed and give back their gates. What
-- `job.complete` would do, at half of the price.
UPDATE jobs SET state = 4, worker = NULL, fence = NULL, mark = NULL, why = NULL, reason = NULL, error = NULL,
  attempts = attempts + 1, finished_at = ?1, forget_at = ?2, result = moved.value, passed = 0
FROM json_each(?3) AS moved WHERE jobs.n = +moved.key;

-- give: a job has these gates from now on.
UPDATE jobs SET gates = ?, passed = ?, trail = trail | 8 WHERE n = ?;

-- asks: what a gate asks of a job that has none so far.
SELECT task, enqueued_at FROM jobs WHERE n = ?;

-- parked: a job in front of a gate.
SELECT {waiting} FROM jobs WHERE n = ?;

-- groups: the `group` gates that have a time to be looked at, or that somebody waits in front of (see 0009 and `textOf`). Looks through
-- all of the lane.
SELECT name FROM gates WHERE lane = ? AND name >= 'g' AND name < 'h'
  AND (wake IS NOT NULL OR state ->> 7 OR state ->> 8 OR state ->> 9 OR state ->> 10);

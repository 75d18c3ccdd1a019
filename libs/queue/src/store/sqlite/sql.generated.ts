// Generated from sqlite/sql/ by scripts/embed.mjs. Do not edit.
export const sql = {
  'after': `-- block: a new job waits for these (a JSON array), in their order.
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
`,
  'claim': `-- look: the head of one list. What few jobs have comes packed as JSON, as each column of each row costs 0.1 µs to hand over.
SELECT n, id, task, body, enqueued_at,
  CASE WHEN attempts OR crashes OR releases OR trail OR priority <> place OR due_at IS NOT NULL OR expires_at IS NOT NULL
    OR parent IS NOT NULL OR root IS NOT NULL OR tags IS NOT NULL OR checkpoint IS NOT NULL
  THEN json_array(attempts, crashes, releases, priority, due_at, expires_at, parent, root, tags, checkpoint, trail) END
FROM jobs WHERE lane = ? AND state = 2 AND place = ? ORDER BY pos LIMIT ?;

-- look_gated: the same where some have gates.
SELECT n, id, task, body, enqueued_at,
  CASE WHEN attempts OR crashes OR releases OR trail & ~8 OR priority <> place OR due_at IS NOT NULL OR expires_at IS NOT NULL
    OR parent IS NOT NULL OR root IS NOT NULL OR tags IS NOT NULL OR checkpoint IS NOT NULL
  THEN json_array(attempts, crashes, releases, priority, due_at, expires_at, parent, root, tags, checkpoint, trail) END,
  gates, passed
FROM jobs WHERE lane = ? AND state = 2 AND place = ? ORDER BY pos LIMIT ?;

-- take: these rows (a JSON array, in order) become active. One statement for a batch is twice as fast as one each.
UPDATE jobs SET state = 3, place = NULL, pos = NULL, worker = ?1, started_at = ?2, fence = ?3 + taken.key
FROM json_each(?4) AS taken WHERE jobs.n = taken.value;

-- look_begun: what \`look\` tells, of gated jobs that begin before any list could show them (a JSON array of their numbers).
SELECT n, id, task, body, enqueued_at,
  CASE WHEN attempts OR crashes OR releases OR trail & ~8 OR due_at IS NOT NULL OR expires_at IS NOT NULL
    OR parent IS NOT NULL OR root IS NOT NULL OR tags IS NOT NULL OR checkpoint IS NOT NULL
  THEN json_array(attempts, crashes, releases, priority, due_at, expires_at, parent, root, tags, checkpoint, trail) END
FROM jobs WHERE n IN (SELECT value FROM json_each(?));
`,
  'control': `-- mark: its worker shall be told to stop.
UPDATE jobs SET mark = ? WHERE n = ?;

-- unexpire: a job begun again by hand has no expiry.
UPDATE jobs SET expires_at = NULL WHERE n = ?;

-- enqueued: timed keys are counted from here.
SELECT enqueued_at FROM jobs WHERE n = ?;

-- settings: what a queue was told.
SELECT paused, max_ready, flow FROM settings WHERE queue = ?;

-- configure: tells it.
INSERT INTO settings (queue, paused, max_ready, flow) VALUES (?, ?, ?, ?)
ON CONFLICT (queue) DO UPDATE SET paused = excluded.paused, max_ready = excluded.max_ready, flow = excluded.flow;

-- tell: whoever serves the queue.
UPDATE lanes SET news = news + 1 WHERE queue = ?;

-- shards: of this queue.
SELECT shard FROM lanes WHERE queue = ? ORDER BY shard;
`,
  'enqueue': `-- insert: a new job, ready or scheduled. Changes nothing when the id is known already.
INSERT INTO jobs (id, lane, state, task, priority, enqueued_at, attempts, crashes, releases, crash_limit, place, pos,
  due_at, expires_at, why, trail, keys, parent, root, tags, body)
VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING;

-- insert_ten: ten ready jobs. Fails as a whole when one is known already.
INSERT INTO jobs (id, lane, state, task, priority, enqueued_at, attempts, crashes, releases, crash_limit, place, pos, trail, body)
VALUES
  (?3, ?1, 2, ?4, ?5, ?2, ?6, 0, 0, ?7, ?5, ?8, 0, ?9),
  (?10, ?1, 2, ?11, ?12, ?2, ?13, 0, 0, ?14, ?12, ?15, 0, ?16),
  (?17, ?1, 2, ?18, ?19, ?2, ?20, 0, 0, ?21, ?19, ?22, 0, ?23),
  (?24, ?1, 2, ?25, ?26, ?2, ?27, 0, 0, ?28, ?26, ?29, 0, ?30),
  (?31, ?1, 2, ?32, ?33, ?2, ?34, 0, 0, ?35, ?33, ?36, 0, ?37),
  (?38, ?1, 2, ?39, ?40, ?2, ?41, 0, 0, ?42, ?40, ?43, 0, ?44),
  (?45, ?1, 2, ?46, ?47, ?2, ?48, 0, 0, ?49, ?47, ?50, 0, ?51),
  (?52, ?1, 2, ?53, ?54, ?2, ?55, 0, 0, ?56, ?54, ?57, 0, ?58),
  (?59, ?1, 2, ?60, ?61, ?2, ?62, 0, 0, ?63, ?61, ?64, 0, ?65),
  (?66, ?1, 2, ?67, ?68, ?2, ?69, 0, 0, ?70, ?68, ?71, 0, ?72);

-- insert_gated: a new job with gates whose id nobody knows, ready or not.
INSERT INTO jobs (id, lane, state, task, priority, enqueued_at, attempts, crashes, releases, crash_limit, place, pos,
  due_at, expires_at, why, trail, keys, parent, root, tags, body, gates, passed, ticket)
VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- insert_ten_gated: ten ready jobs that nobody knows and of which some have gates.
INSERT INTO jobs (id, lane, state, task, priority, enqueued_at, attempts, crashes, releases, crash_limit, trail, place, pos, body,
  gates, passed, ticket)
VALUES
  (?3, ?1, 2, ?4, ?5, ?2, ?6, 0, 0, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14),
  (?15, ?1, 2, ?16, ?17, ?2, ?18, 0, 0, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26),
  (?27, ?1, 2, ?28, ?29, ?2, ?30, 0, 0, ?31, ?32, ?33, ?34, ?35, ?36, ?37, ?38),
  (?39, ?1, 2, ?40, ?41, ?2, ?42, 0, 0, ?43, ?44, ?45, ?46, ?47, ?48, ?49, ?50),
  (?51, ?1, 2, ?52, ?53, ?2, ?54, 0, 0, ?55, ?56, ?57, ?58, ?59, ?60, ?61, ?62),
  (?63, ?1, 2, ?64, ?65, ?2, ?66, 0, 0, ?67, ?68, ?69, ?70, ?71, ?72, ?73, ?74),
  (?75, ?1, 2, ?76, ?77, ?2, ?78, 0, 0, ?79, ?80, ?81, ?82, ?83, ?84, ?85, ?86),
  (?87, ?1, 2, ?88, ?89, ?2, ?90, 0, 0, ?91, ?92, ?93, ?94, ?95, ?96, ?97, ?98),
  (?99, ?1, 2, ?100, ?101, ?2, ?102, 0, 0, ?103, ?104, ?105, ?106, ?107, ?108, ?109, ?110),
  (?111, ?1, 2, ?112, ?113, ?2, ?114, 0, 0, ?115, ?116, ?117, ?118, ?119, ?120, ?121, ?122);

-- known: which of these ids (a JSON array) belong to jobs, gathered.
SELECT json_group_array(json_array(id)) FROM jobs WHERE id IN (SELECT value FROM json_each(?));

-- holder: what a duplicate is compared with.
SELECT body, enqueued_at FROM jobs WHERE id = ?;

-- replace: what is new about a duplicate goes into the job that waits.
UPDATE jobs SET body = ?, expires_at = ?, tags = ?, crash_limit = ? WHERE id = ?;
`,
  'exchange': `-- due: scheduled jobs whose time has come, earliest first.
SELECT {head} FROM jobs WHERE lane = ? AND state = 0 AND due_at <= ? ORDER BY due_at, id LIMIT ?;

-- next_due: when the next one is due.
SELECT due_at FROM jobs WHERE lane = ? AND state = 0 ORDER BY due_at, id LIMIT 1;

-- cancels: what this worker holds and somebody wants cancelled, earliest claim first.
SELECT id FROM jobs INDEXED BY jobs_marked WHERE worker = ? AND lane = ? AND mark IS NOT NULL ORDER BY fence;
`,
  'fsck': `-- integrity: pages, indexes, constraints.
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
`,
  'gate': `-- load: what is known of these gates (a JSON array of names), one text behind the other.
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
-- \`move\` would do, at three quarters of the price.
UPDATE jobs SET place = CASE WHEN crashes > 0 AND crashes >= crash_limit - 1 THEN 4 ELSE priority END, pos = ?1 + moved.key,
  passed = passed + 1, ticket = NULL
FROM json_each(?2) AS moved WHERE jobs.n = moved.value;

-- begin: these parked jobs (a JSON object, from their numbers to their fences) have passed all their gates and are active. What
-- \`let_in\` or \`move\` and then \`claim.take\` would do, at half of the price.
UPDATE jobs SET state = 3, place = NULL, pos = NULL, worker = ?1, started_at = ?2, fence = moved.value,
  passed = json_array_length(gates), ticket = NULL
FROM json_each(?3) AS moved WHERE jobs.n = +moved.key;

-- complete: these jobs (a JSON object, from their numbers to their results) have completed and give back their gates. What
-- \`job.complete\` would do, at half of the price.
UPDATE jobs SET state = 4, worker = NULL, fence = NULL, mark = NULL, why = NULL, reason = NULL, error = NULL,
  attempts = attempts + 1, finished_at = ?1, forget_at = ?2, result = moved.value, passed = 0
FROM json_each(?3) AS moved WHERE jobs.n = +moved.key;

-- give: a job has these gates from now on.
UPDATE jobs SET gates = ?, passed = ?, trail = trail | 8 WHERE n = ?;

-- asks: what a gate asks of a job that has none so far.
SELECT task, enqueued_at FROM jobs WHERE n = ?;

-- parked: a job in front of a gate.
SELECT {waiting} FROM jobs WHERE n = ?;

-- groups: the \`group\` gates that have a time to be looked at, or that somebody waits in front of (see 0009 and \`textOf\`). Looks through
-- all of the lane.
SELECT name FROM gates WHERE lane = ? AND name >= 'g' AND name < 'h'
  AND (wake IS NOT NULL OR state ->> 7 OR state ->> 8 OR state ->> 9 OR state ->> 10);
`,
  'history': `-- add: what one transaction settled.
INSERT INTO minutes (lane, at, completed, failed, cancelled, retry) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (lane, at) DO UPDATE SET completed = completed + excluded.completed, failed = failed + excluded.failed,
  cancelled = cancelled + excluded.cancelled, retry = retry + excluded.retry;

-- since: minutes of all shards together, oldest first.
SELECT queue, at, sum(minutes.completed), sum(minutes.failed), sum(minutes.cancelled), sum(minutes.retry)
FROM minutes JOIN lanes ON lanes.n = minutes.lane
WHERE (?1 IS NULL OR queue = ?1) AND at >= ?2
GROUP BY queue, at ORDER BY at, queue;

-- prune: minutes older than a day.
DELETE FROM minutes WHERE lane = ? AND at < ?;
`,
  'job': `-- head: what the moves need of one job.
SELECT {head} FROM jobs WHERE id = ?;

-- heads: the same of several, as far as they live in one shard, gathered.
SELECT json_group_array(json_array({head})) FROM jobs WHERE id IN (SELECT value FROM json_each(?)) AND +lane = ?;

-- usual: what completing takes to know of those that \`worker\` holds here without keys and without rows in other tables, gathered.
SELECT json_group_array(json_array(n, id, fence, attempts)) FROM jobs
WHERE id IN (SELECT value FROM json_each(?)) AND +lane = ? AND state = 3 AND worker = ? AND keys IS NULL AND trail = 0;

-- usual_gated: the same of jobs that have gates.
SELECT json_group_array(json_array(n, id, fence, attempts, gates, passed)) FROM jobs
WHERE id IN (SELECT value FROM json_each(?)) AND +lane = ? AND state = 3 AND worker = ? AND keys IS NULL AND trail = 8;

-- put: a job in its new place.
UPDATE jobs SET state = ?, place = ?, pos = ?, attempts = ?, crashes = ?, releases = ?, worker = ?, fence = ?, mark = ?,
  due_at = ?, started_at = ?, why = ?, reason = ?, error = ?, trail = ?, finished_at = ?, forget_at = ?, result = ?
WHERE n = ?;

-- complete: put, for the ending that is usual.
UPDATE jobs SET state = 4, worker = NULL, fence = NULL, mark = NULL, why = NULL, reason = NULL, error = NULL,
  attempts = ?, finished_at = ?, forget_at = ?, result = ?
WHERE n = ?;

-- delete: the records vanish.
DELETE FROM jobs WHERE n IN (SELECT value FROM json_each(?));

-- record: all that is known of one job.
SELECT {full} FROM jobs WHERE id = ?;

-- attempts: how its attempts ended, oldest first.
SELECT entry FROM attempts WHERE job = ? ORDER BY seq;

-- attempted: one attempt more.
INSERT INTO attempts (job, seq, entry) SELECT ?1, 1 + coalesce(max(seq), 0), ?2 FROM attempts WHERE job = ?1;

-- trim_attempts: only the newest stay.
DELETE FROM attempts WHERE job = ?1 AND seq <= (SELECT max(seq) FROM attempts WHERE job = ?1) - ?2;

-- log: its log lines, oldest first.
SELECT line FROM log WHERE job = ? ORDER BY seq;

-- steps: its finished steps.
SELECT name, result FROM steps WHERE job = ?;

-- forget_attempts: with the record.
DELETE FROM attempts WHERE job = ?;

-- forget_log: with the record.
DELETE FROM log WHERE job = ?;

-- forget_steps: with the record.
DELETE FROM steps WHERE job = ?;

-- task: which task it asks for.
SELECT task FROM jobs WHERE n = ?;
`,
  'keys': `-- look: which job a key points to, how long, and how that job stands.
SELECT keys.job, keys.kind, keys.ends_at, jobs.state, jobs.started_at
FROM keys LEFT JOIN jobs ON jobs.id = keys.job
WHERE keys.lane = ? AND keys.key = ?;

-- take: a key points to this job from now on.
INSERT INTO keys (lane, key, job, kind, ends_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (lane, key) DO UPDATE SET job = excluded.job, kind = excluded.kind, ends_at = excluded.ends_at;

-- release: the job vanishes; a timed key that is not over stays.
DELETE FROM keys WHERE lane = ? AND key = ? AND job = ? AND NOT (kind = 'timed' AND ends_at > ?);

-- orphan: the one that stays, alone from now on.
UPDATE keys SET kind = 'orphan' WHERE lane = ? AND key = ? AND job = ? AND kind = 'timed';

-- prune: orphans that are over, a page of them.
DELETE FROM keys WHERE lane = ?1 AND key IN (
  SELECT key FROM keys WHERE lane = ?1 AND kind = 'orphan' AND ends_at <= ?2 ORDER BY ends_at LIMIT ?3);
`,
  'lane': `-- load: one shard with its counters and the settings of its queue.
SELECT n, lanes.queue, shard, takes, fence, head, tail, beat_at, grace_until, band0, band1, band2, band3, suspects,
  scheduled, blocked, active, completed, failed, cancelled,
  total_enqueued, total_revived, total_completed, total_failed, total_cancelled, total_removed, news, parked, wake, tat, gates, paused, max_ready, flow
FROM lanes LEFT JOIN settings ON settings.queue = lanes.queue
WHERE lanes.queue = ? AND shard = ?;

-- all: every shard, in the order pages go through them.
SELECT n, lanes.queue, shard, takes, fence, head, tail, beat_at, grace_until, band0, band1, band2, band3, suspects,
  scheduled, blocked, active, completed, failed, cancelled,
  total_enqueued, total_revived, total_completed, total_failed, total_cancelled, total_removed, news, parked, wake, tat, gates, paused, max_ready, flow
FROM lanes LEFT JOIN settings ON settings.queue = lanes.queue
ORDER BY lanes.queue, shard;

-- create: the first job or worker of a shard.
INSERT INTO lanes (queue, shard) VALUES (?, ?);

-- save: the counters, once per transaction.
UPDATE lanes SET takes = ?, fence = ?, head = ?, tail = ?, beat_at = ?, grace_until = ?,
  band0 = ?, band1 = ?, band2 = ?, band3 = ?, suspects = ?,
  scheduled = ?, blocked = ?, active = ?, completed = ?, failed = ?, cancelled = ?,
  total_enqueued = ?, total_revived = ?, total_completed = ?, total_failed = ?, total_cancelled = ?, total_removed = ?, news = ?,
  parked = ?, wake = ?, tat = ?, gates = ?
WHERE n = ?;
`,
  'leases': `-- longest: of the leases that run, or ran out but were not reaped yet.
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
`,
  'list': `-- scheduled: in the order they are due. Like all of this file: lane, state, the rank to begin behind (two values), rows.
SELECT {full} FROM jobs WHERE lane = ?1 AND state = 0 AND state = ?2 AND (due_at, id) > (?3, ?4) ORDER BY due_at, id LIMIT ?5;

-- blocked: oldest first.
SELECT {full} FROM jobs WHERE lane = ?1 AND state = 1 AND state = ?2 AND (enqueued_at, id) > (?3, ?4) ORDER BY enqueued_at, id LIMIT ?5;

-- ready: band by band in the order they run, suspects last.
SELECT {full} FROM jobs WHERE lane = ?1 AND state = 2 AND state = ?2 AND (place, pos) > (?3, ?4) ORDER BY place, pos LIMIT ?5;

-- parked: the ready ones that are in no list, behind the others, gate by gate in the order in which they will be let through.
SELECT {full}, ticket FROM jobs WHERE lane = ?1 AND state = ?2 AND ticket > ?4 ORDER BY ticket LIMIT ?5;

-- active: in the order they were claimed. As many as there are places, so sorting them costs little.
SELECT {full} FROM jobs WHERE lane = ?1 AND state = 3 AND state = ?2 AND (fence, id) > (?3, ?4) ORDER BY fence, id LIMIT ?5;

-- finished: newest first.
SELECT {full} FROM jobs INDEXED BY jobs_finished
WHERE lane = ?1 AND state >= 4 AND state = ?2 AND (finished_at, id) < (?3, ?4) ORDER BY finished_at DESC, id DESC LIMIT ?5;
`,
  'look': `-- named: the newest job of a caller's own name, in one queue or any. One probe per shard.
SELECT jobs.id FROM lanes CROSS JOIN keys CROSS JOIN jobs
WHERE (?2 IS NULL OR lanes.queue = ?2) AND keys.lane = lanes.n AND keys.key = ?1 AND jobs.id = keys.job
ORDER BY jobs.enqueued_at DESC, lanes.queue, lanes.shard LIMIT 1;

-- settings: of every queue that was ever configured.
SELECT queue, paused, max_ready, flow FROM settings;

-- oldest: of the jobs at the head of a list, the one that was enqueued first. Five probes.
SELECT min(enqueued_at) FROM (
  SELECT (SELECT enqueued_at FROM jobs WHERE lane = ?1 AND state = 2 AND place = list.value ORDER BY pos LIMIT 1) AS enqueued_at
  FROM json_each('[0, 1, 2, 3, 4]') AS list);
`,
  'migrations/0001-jobs': `-- The first schema. States are numbers, the index into \`jobStates\` of job/state.ts:
-- 0 scheduled · 1 blocked · 2 ready · 3 active · 4 completed · 5 failed · 6 cancelled.

-- One shard of a queue, with its counters. \`head\` and \`tail\` are the next free positions at either end of its lists;
-- band0 … band3 and suspects count the ready jobs of each list.
CREATE TABLE lanes (
  n INTEGER PRIMARY KEY,
  queue TEXT NOT NULL,
  shard INTEGER NOT NULL,
  takes INTEGER NOT NULL DEFAULT 0,
  fence INTEGER NOT NULL DEFAULT 0,
  head INTEGER NOT NULL DEFAULT -1,
  tail INTEGER NOT NULL DEFAULT 0,
  beat_at INTEGER,
  grace_until INTEGER,
  band0 INTEGER NOT NULL DEFAULT 0,
  band1 INTEGER NOT NULL DEFAULT 0,
  band2 INTEGER NOT NULL DEFAULT 0,
  band3 INTEGER NOT NULL DEFAULT 0,
  suspects INTEGER NOT NULL DEFAULT 0,
  scheduled INTEGER NOT NULL DEFAULT 0,
  blocked INTEGER NOT NULL DEFAULT 0,
  active INTEGER NOT NULL DEFAULT 0,
  completed INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  cancelled INTEGER NOT NULL DEFAULT 0,
  total_enqueued INTEGER NOT NULL DEFAULT 0,
  total_revived INTEGER NOT NULL DEFAULT 0,
  total_completed INTEGER NOT NULL DEFAULT 0,
  total_failed INTEGER NOT NULL DEFAULT 0,
  total_cancelled INTEGER NOT NULL DEFAULT 0,
  total_removed INTEGER NOT NULL DEFAULT 0,
  UNIQUE (queue, shard)
);

-- What \`configure\` was told.
CREATE TABLE settings (
  queue TEXT PRIMARY KEY,
  paused INTEGER NOT NULL,
  max_ready INTEGER
) WITHOUT ROWID;

-- \`place\` and \`pos\` while ready: band 0 … 3, or 4 for suspects, and the position there. \`mark\` while active: why somebody
-- wants it cancelled. \`forget_at\` while finished; absent is never. \`trail\`: it has rows in attempts, log or steps.
-- \`keys\`: its unique keys as JSON.
CREATE TABLE jobs (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  lane INTEGER NOT NULL,
  state INTEGER NOT NULL,
  task TEXT NOT NULL,
  priority INTEGER NOT NULL,
  enqueued_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  crashes INTEGER NOT NULL,
  releases INTEGER NOT NULL,
  crash_limit INTEGER NOT NULL,
  place INTEGER,
  pos INTEGER,
  due_at INTEGER,
  expires_at INTEGER,
  started_at INTEGER,
  finished_at INTEGER,
  forget_at INTEGER,
  keep INTEGER,
  worker TEXT,
  fence INTEGER,
  mark TEXT,
  why TEXT,
  reason TEXT,
  trail INTEGER NOT NULL,
  keys TEXT,
  parent TEXT,
  root TEXT,
  tags TEXT,
  progress TEXT,
  checkpoint TEXT,
  result TEXT,
  error TEXT,
  body TEXT NOT NULL
);

-- Each job stands in the one index of its state, so a table of any size costs the hot path nothing.
CREATE INDEX jobs_scheduled ON jobs (lane, due_at, id) WHERE state = 0;
CREATE INDEX jobs_ready ON jobs (lane, place, pos) WHERE state = 2;
CREATE INDEX jobs_active ON jobs (worker, lane, fence) WHERE state = 3;
CREATE INDEX jobs_marked ON jobs (worker, lane) WHERE mark IS NOT NULL;
CREATE INDEX jobs_finished ON jobs (lane, state, finished_at, id) WHERE state >= 4;
CREATE INDEX jobs_forgotten ON jobs (lane, state, forget_at, id) WHERE state >= 4;

-- Unique keys. \`kind\`: started, settled, kept or timed; \`ends_at\` and only then for timed ones.
CREATE TABLE keys (
  lane INTEGER NOT NULL,
  key TEXT NOT NULL,
  job TEXT NOT NULL,
  kind TEXT NOT NULL,
  ends_at INTEGER,
  PRIMARY KEY (lane, key)
) WITHOUT ROWID;

CREATE INDEX keys_timed ON keys (lane, ends_at) WHERE kind = 'timed';

-- What a job leaves behind: ended attempts as JSON, log lines, results of steps.
CREATE TABLE attempts (job INTEGER NOT NULL, seq INTEGER NOT NULL, entry TEXT NOT NULL, PRIMARY KEY (job, seq)) WITHOUT ROWID;
CREATE TABLE log (job INTEGER NOT NULL, seq INTEGER NOT NULL, line TEXT NOT NULL, PRIMARY KEY (job, seq)) WITHOUT ROWID;
CREATE TABLE steps (job INTEGER NOT NULL, name TEXT NOT NULL, result TEXT NOT NULL, PRIMARY KEY (job, name)) WITHOUT ROWID;

-- Worker incarnations as JSON, and their leases per lane. \`length\` in milliseconds; \`until\` is 0 once a reap has begun.
CREATE TABLE workers (id TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE leases (
  lane INTEGER NOT NULL,
  worker TEXT NOT NULL,
  until INTEGER NOT NULL,
  length INTEGER NOT NULL,
  PRIMARY KEY (lane, worker)
) WITHOUT ROWID;
CREATE INDEX leases_worker ON leases (worker);

-- Settled attempts per minute.
CREATE TABLE minutes (
  lane INTEGER NOT NULL,
  at INTEGER NOT NULL,
  completed INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  cancelled INTEGER NOT NULL,
  retry INTEGER NOT NULL,
  PRIMARY KEY (lane, at)
) WITHOUT ROWID;
`,
  'migrations/0002-after': `-- Jobs that wait for other jobs. \`trail\` of a job says what there is of it in other tables: 1 in attempts, log or steps ·
-- 2 in dependents, as a parent · 4 in waits.

-- What a blocked job waits for, by rowid, as parents may live in any lane or nowhere.
CREATE TABLE waits (n INTEGER PRIMARY KEY, job INTEGER NOT NULL, parent TEXT NOT NULL);
CREATE UNIQUE INDEX waits_job ON waits (job, parent);

-- Which jobs to tell when a job ends, by id, as its row may be gone by then.
CREATE TABLE dependents (n INTEGER PRIMARY KEY, parent TEXT NOT NULL, child TEXT NOT NULL);
CREATE UNIQUE INDEX dependents_parent ON dependents (parent, child);

-- What one transaction could not do for all: see effects.ts. Without \`to_job\`: tell the dependents of \`from_job\` whose n is at most \`upto\`.
CREATE TABLE outbox (n INTEGER PRIMARY KEY, kind TEXT NOT NULL, from_job TEXT NOT NULL, to_job TEXT, upto INTEGER);

CREATE INDEX jobs_blocked ON jobs (lane, enqueued_at, id) WHERE state = 1;
`,
  'migrations/0003-orphans': `-- A timed key whose job is gone is an orphan: only those are looked through when it is over. \`kind\` of a key may be \`orphan\` from
-- here on, \`ends_at\` stays.
UPDATE keys SET kind = 'orphan' WHERE kind = 'timed' AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = keys.job);
DROP INDEX keys_timed;
CREATE INDEX keys_orphaned ON keys (lane, ends_at) WHERE kind = 'orphan';

-- Dependents are told page by page, in their order.
CREATE INDEX dependents_in_order ON dependents (parent);
`,
  'migrations/0004-news': `-- How often something happened in a lane that another process may wait for, since \`data_version\` also changes when
-- somebody merely renews a lease.
ALTER TABLE lanes ADD COLUMN news INTEGER NOT NULL DEFAULT 0;
`,
  'migrations/0005-no-keep': `-- How long a completed record is kept is known to the worker that settles it.
ALTER TABLE jobs DROP COLUMN keep;
`,
  'migrations/0006-schedules': `-- Schedules. \`next\` is absent while no slot will come; \`enqueued\`, \`skipped\` and \`missed\` count what became of slots, \`slots\` are
-- the newest as JSON.
CREATE TABLE schedules (
  id TEXT NOT NULL UNIQUE,
  version INTEGER NOT NULL,
  next INTEGER,
  paused INTEGER NOT NULL,
  owner TEXT,
  last INTEGER,
  job TEXT,
  enqueued INTEGER NOT NULL,
  skipped INTEGER NOT NULL,
  missed INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  slots TEXT NOT NULL,
  body TEXT NOT NULL
);

CREATE INDEX schedules_due ON schedules (next, id) WHERE next IS NOT NULL;
CREATE INDEX schedules_owned ON schedules (owner, id) WHERE owner IS NOT NULL;

-- One row: how many schedules there are, and how often one became due sooner than all others, which another process may wait for.
CREATE TABLE book (size INTEGER NOT NULL, news INTEGER NOT NULL);
INSERT INTO book (size, news) VALUES (0, 0);
`,
  'migrations/0007-any-ending': `-- A child to which any ending of this parent will do.
ALTER TABLE waits ADD COLUMN any_ending INTEGER NOT NULL DEFAULT 0;
`,
  'migrations/0008-limit': `-- Jobs of which at most so many of one key are admitted: active, or in a list of ready ones. The others are parked: ready, and in no
-- list. \`trail\` of a job, see 0002: 8 in limited.

-- What a job was enqueued with. \`ticket\` while it is parked: sorts by key, band and arrival.
CREATE TABLE limited (
  job INTEGER PRIMARY KEY,
  lane INTEGER NOT NULL,
  key TEXT NOT NULL,
  max INTEGER NOT NULL,
  ticket TEXT
);
CREATE UNIQUE INDEX limited_parked ON limited (lane, ticket) WHERE ticket IS NOT NULL;

-- How many jobs of a key are admitted; a key without any has no row.
CREATE TABLE limits (lane INTEGER NOT NULL, key TEXT NOT NULL, admitted INTEGER NOT NULL, PRIMARY KEY (lane, key)) WITHOUT ROWID;

-- How many jobs are parked, beside those that band0 … suspects count.
ALTER TABLE lanes ADD COLUMN parked INTEGER NOT NULL DEFAULT 0;
`,
  'migrations/0009-gates': `-- Gates instead of limits. Nothing that made limits was ever released, so they are not converted: parked jobs join their lists,
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

-- The gates of a job as JSON, innermost first, and how many of them it has passed. \`ticket\` while it is parked: the name of the gate
-- it stands in front of, then its band, time and id. \`trail\`, see 0002: 8 it has gates.
ALTER TABLE jobs ADD COLUMN gates TEXT;
ALTER TABLE jobs ADD COLUMN passed INTEGER;
ALTER TABLE jobs ADD COLUMN ticket TEXT;
CREATE UNIQUE INDEX jobs_parked ON jobs (lane, ticket) WHERE ticket IS NOT NULL;

-- What is known of a gate; one that nobody needs has no row. \`wake\`: when to look at it again by the clock. \`state\` is JSON, as all of
-- it is read and written together: see gate-state.ts.
CREATE TABLE gates (lane INTEGER NOT NULL, name TEXT NOT NULL, wake INTEGER, state TEXT NOT NULL, PRIMARY KEY (lane, name)) WITHOUT ROWID;
CREATE INDEX gates_waking ON gates (lane, wake, name) WHERE wake IS NOT NULL;

-- Of a shard: how many gates there are, no later than when the first wakes, and the theoretical arrival time of the queue's rate in
-- microseconds. \`parked\` counts as before.
ALTER TABLE lanes ADD COLUMN gates INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lanes ADD COLUMN wake INTEGER;
ALTER TABLE lanes ADD COLUMN tat INTEGER NOT NULL DEFAULT 0;

-- \`maxActive\`, \`rate\`, \`weights\` and \`tasks\` as JSON, as far as anything is said.
ALTER TABLE settings ADD COLUMN flow TEXT;
`,
  'note': `-- leave: what is not given stays.
UPDATE jobs SET progress = coalesce(?, progress), checkpoint = coalesce(?, checkpoint), trail = trail | ? WHERE n = ?;

-- log: one line more.
INSERT INTO log (job, seq, line) SELECT ?1, 1 + coalesce(max(seq), 0), ?2 FROM log WHERE job = ?1;

-- trim_log: only the newest stay.
DELETE FROM log WHERE job = ?1 AND seq <= (SELECT max(seq) FROM log WHERE job = ?1) - ?2;

-- step: the result of a finished step.
INSERT INTO steps (job, name, result) VALUES (?, ?, ?) ON CONFLICT (job, name) DO UPDATE SET result = excluded.result;
`,
  'prune': `-- look: finished jobs whose time ends first.
SELECT {head} FROM jobs INDEXED BY jobs_forgotten
WHERE lane = ? AND state = ? AND state >= 4 AND forget_at <= ? ORDER BY forget_at, id LIMIT ?;
`,
  'schedules': `-- find: one schedule.
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
`,
  'wakeup': `-- version: changes with each commit of another connection.
PRAGMA data_version;

-- news: grows with each commit that somebody may wait for.
SELECT coalesce(sum(lanes.news), 0) + (SELECT book.news FROM book) FROM lanes;
`,
  'workers': `-- put: an incarnation announces itself.
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
`,
} as const;

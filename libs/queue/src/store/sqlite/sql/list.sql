-- scheduled: in the order they are due. Like all of this file: lane, state, the rank to begin behind (two values), rows.
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

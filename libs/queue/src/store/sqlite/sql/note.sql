-- leave: what is not given stays.
UPDATE jobs SET progress = coalesce(?, progress), checkpoint = coalesce(?, checkpoint), trail = trail | ? WHERE n = ?;

-- log: one line more.
INSERT INTO log (job, seq, line) SELECT ?1, 1 + coalesce(max(seq), 0), ?2 FROM log WHERE job = ?1;

-- trim_log: only the newest stay.
DELETE FROM log WHERE job = ?1 AND seq <= (SELECT max(seq) FROM log WHERE job = ?1) - ?2;

-- step: the result of a finished step.
INSERT INTO steps (job, name, result) VALUES (?, ?, ?) ON CONFLICT (job, name) DO UPDATE SET result = excluded.result;

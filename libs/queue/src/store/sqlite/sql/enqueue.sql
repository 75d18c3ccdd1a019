-- insert: a new job, ready or scheduled. Changes nothing when the id is known already.
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

-- replace: what is new about a duplicate goes into the job that waits.
UPDATE jobs SET body = ?, expires_at = ?, tags = ?, crash_limit = ? WHERE id = ?;

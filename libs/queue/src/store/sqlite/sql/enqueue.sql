-- insert: a new job, ready or scheduled. Changes nothing when the id is known already.
INSERT INTO jobs (id, lane, state, task, priority, enqueued_at, attempts, crashes, releases, crash_limit, place, pos,
  due_at, expires_at, keep, why, trail, keys, parent, root, tags, body)
VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING;

-- insert_ten: ten ready jobs. Fails as a whole when one is known already.
INSERT INTO jobs (id, lane, state, task, priority, enqueued_at, attempts, crashes, releases, crash_limit, place, pos, keep, trail, body)
VALUES
  (?3, ?1, 2, ?4, ?5, ?2, ?6, 0, 0, ?7, ?5, ?8, ?9, 0, ?10),
  (?11, ?1, 2, ?12, ?13, ?2, ?14, 0, 0, ?15, ?13, ?16, ?17, 0, ?18),
  (?19, ?1, 2, ?20, ?21, ?2, ?22, 0, 0, ?23, ?21, ?24, ?25, 0, ?26),
  (?27, ?1, 2, ?28, ?29, ?2, ?30, 0, 0, ?31, ?29, ?32, ?33, 0, ?34),
  (?35, ?1, 2, ?36, ?37, ?2, ?38, 0, 0, ?39, ?37, ?40, ?41, 0, ?42),
  (?43, ?1, 2, ?44, ?45, ?2, ?46, 0, 0, ?47, ?45, ?48, ?49, 0, ?50),
  (?51, ?1, 2, ?52, ?53, ?2, ?54, 0, 0, ?55, ?53, ?56, ?57, 0, ?58),
  (?59, ?1, 2, ?60, ?61, ?2, ?62, 0, 0, ?63, ?61, ?64, ?65, 0, ?66),
  (?67, ?1, 2, ?68, ?69, ?2, ?70, 0, 0, ?71, ?69, ?72, ?73, 0, ?74),
  (?75, ?1, 2, ?76, ?77, ?2, ?78, 0, 0, ?79, ?77, ?80, ?81, 0, ?82);

-- replace: what is new about a duplicate goes into the job that waits.
UPDATE jobs SET body = ?, expires_at = ?, tags = ?, keep = ?, crash_limit = ? WHERE id = ?;

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

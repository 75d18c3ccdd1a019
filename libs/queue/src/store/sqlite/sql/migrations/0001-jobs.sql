-- The first schema. States are numbers, the index into `jobStates` of job/state.ts:
-- 0 scheduled · 1 blocked · 2 ready · 3 active · 4 completed · 5 failed · 6 cancelled.

-- One shard of a queue, with its counters. `head` and `tail` are the next free positions at either end of its lists;
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

-- What `configure` was told.
CREATE TABLE settings (
  queue TEXT PRIMARY KEY,
  paused INTEGER NOT NULL,
  max_ready INTEGER
) WITHOUT ROWID;

-- `place` and `pos` while ready: band 0 … 3, or 4 for suspects, and the position there. `mark` while active: why somebody
-- wants it cancelled. `forget_at` while finished; absent is never. `trail`: it has rows in attempts, log or steps.
-- `keys`: its unique keys as JSON.
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

-- Unique keys. `kind`: started, settled, kept or timed; `ends_at` and only then for timed ones.
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

-- Worker incarnations as JSON, and their leases per lane. `length` in milliseconds; `until` is 0 once a reap has begun.
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

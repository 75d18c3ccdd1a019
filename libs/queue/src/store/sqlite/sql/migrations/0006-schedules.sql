-- Schedules. `next` is absent while no slot will come; `enqueued`, `skipped` and `missed` count what became of slots, `slots` are
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

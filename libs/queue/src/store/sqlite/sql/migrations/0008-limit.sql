-- Jobs of which at most so many of one key are admitted: active, or in a list of ready ones. The others are parked: ready, and in no
-- list. `trail` of a job, see 0002: 8 in limited.

-- What a job was enqueued with. `ticket` while it is parked: sorts by key, band and arrival.
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

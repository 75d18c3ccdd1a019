-- How long a completed record is kept is known to the worker that settles it.
ALTER TABLE jobs DROP COLUMN keep;

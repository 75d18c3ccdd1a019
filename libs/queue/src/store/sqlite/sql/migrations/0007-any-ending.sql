-- A child to which any ending of this parent will do.
ALTER TABLE waits ADD COLUMN any_ending INTEGER NOT NULL DEFAULT 0;

-- A timed key whose job is gone is an orphan: only those are looked through when it is over. `kind` of a key may be `orphan` from
-- here on, `ends_at` stays.
UPDATE keys SET kind = 'orphan' WHERE kind = 'timed' AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = keys.job);
DROP INDEX keys_timed;
CREATE INDEX keys_orphaned ON keys (lane, ends_at) WHERE kind = 'orphan';

-- Dependents are told page by page, in their order.
CREATE INDEX dependents_in_order ON dependents (parent);

-- How often something happened in a lane that another process may wait for, since `data_version` also changes when
-- somebody merely renews a lease.
ALTER TABLE lanes ADD COLUMN news INTEGER NOT NULL DEFAULT 0;

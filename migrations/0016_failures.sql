-- Beginnings alone do not tell a registry that fails from a worker that was killed: only the former is a reason to give up soon.
ALTER TABLE executions ADD COLUMN failures integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN executions.failures IS 'How many of the beginnings of its expansion (attempt) ended because the registry failed';
ALTER TABLE events ADD COLUMN failures integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN events.failures IS 'How many of the beginnings of its evaluation (attempt) ended because the registry failed';

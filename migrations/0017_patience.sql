-- A registry that asks for patience (429) has not failed: it is borne with for a time, not for a number of attempts.
ALTER TABLE executions ADD COLUMN busy_since timestamptz;
COMMENT ON COLUMN executions.busy_since IS 'When the registry first asked its expansion for patience';
ALTER TABLE events ADD COLUMN busy_since timestamptz;
COMMENT ON COLUMN events.busy_since IS 'When the registry first asked its evaluation for patience';

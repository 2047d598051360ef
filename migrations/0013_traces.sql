-- Ties what is done for an execution to what started it.

ALTER TABLE executions
    ADD COLUMN traceparent text;
COMMENT ON COLUMN executions.traceparent IS 'W3C trace context of the start; NULL = not traced';

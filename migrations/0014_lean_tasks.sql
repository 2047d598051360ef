-- Most steps of a task change its status and nothing else that an index knows, if no index knows the status: then they
-- are written in place (HOT), without an entry in any index. Being opened and having ended are what moves a task.
ALTER TABLE tasks ADD CONSTRAINT tasks_ended CHECK ((ended_at IS NULL) = (status IN ('pending', 'running')));
DROP INDEX tasks_execution;
DROP INDEX tasks_waiting;
DROP INDEX tasks_in_flight;
CREATE INDEX tasks_open ON tasks (execution_id) WHERE ended_at IS NULL;
CREATE INDEX tasks_waiting ON tasks (instance_id, ordinal, id) WHERE NOT opened AND ended_at IS NULL;
-- Whoever is about to ask an engine for a manifest looks whether it is being asked already.
CREATE INDEX tasks_in_flight ON tasks (instance_id, digest) WHERE opened;

-- A foreign key looks its task up for each row. Logs are written together with their task's row, so that only what
-- deletes tasks needs a rule.
ALTER TABLE task_logs DROP CONSTRAINT task_logs_task_id_fkey1;
CREATE FUNCTION delete_task_logs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM task_logs l USING deleted d WHERE l.task_id = d.id;
    RETURN NULL;
END $$;
CREATE TRIGGER tasks_logs AFTER DELETE ON tasks REFERENCING OLD TABLE AS deleted
    FOR EACH STATEMENT EXECUTE FUNCTION delete_task_logs();

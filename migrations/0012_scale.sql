-- What a hundred thousand tasks cost: fewer rows and fewer index entries for each step of a task.

-- A row per step rather than per line. Readers use the view.
ALTER TABLE task_logs RENAME TO single_lines;
ALTER TABLE single_lines RENAME CONSTRAINT task_logs_pkey TO single_lines_pkey;
CREATE TABLE task_logs (
    task_id bigint NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    n bigint NOT NULL,
    attempt integer NOT NULL,
    lines jsonb NOT NULL,
    PRIMARY KEY (task_id, n)
);
COMMENT ON TABLE task_logs IS 'What steps of tasks had to say; line by line in task_log_lines';
COMMENT ON COLUMN task_logs.n IS 'Number of its first line in the task, from 1 without gaps';
COMMENT ON COLUMN task_logs.lines IS 'List of at, level (info, warning, error) and message';
INSERT INTO task_logs (task_id, n, attempt, lines)
SELECT task_id, n, attempt, jsonb_build_array(jsonb_build_object('at', at, 'level', level, 'message', message))
FROM single_lines;

CREATE VIEW task_log_lines AS
SELECT step.task_id, step.n + line.place - 1 AS n, line.at, step.attempt, line.level, line.message
FROM task_logs step
CROSS JOIN LATERAL ROWS FROM (
    jsonb_to_recordset(step.lines) AS (at timestamptz, level text, message text)
) WITH ORDINALITY AS line (at, level, message, place);
COMMENT ON VIEW task_log_lines IS 'The logs of tasks, a row for each line';

ALTER TABLE tasks ADD COLUMN log_lines bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN tasks.log_lines IS 'How many lines its log has';
UPDATE tasks SET log_lines = logged.lines
FROM (SELECT task_id, max(n) AS lines FROM single_lines GROUP BY task_id) logged
WHERE logged.task_id = tasks.id;
DROP TABLE single_lines;

-- Every step moves due_at: in an index it would keep each of them from being written in place. The sweep finds what is
-- overdue among what is in flight, which tasks_in_flight holds.
DROP INDEX tasks_due;

-- A proof looks for newer executions that found the same tags; without the execution it would read the repository.
DROP INDEX warm_repository;
CREATE INDEX warm_repository ON warm (registry_id, repository, execution_id);

-- Every proof paid for these. Whoever deletes an execution forgets itself which proofs it gave.
ALTER TABLE warm DROP CONSTRAINT warm_execution_id_fkey, DROP CONSTRAINT warm_task_id_fkey;
DROP INDEX warm_task;

-- Pages of an execution's tasks come in the order of their ids.
CREATE INDEX tasks_listed ON tasks (execution_id, id);

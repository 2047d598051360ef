-- Shows of an execution what it was started for.

CREATE OR REPLACE VIEW execution_overview AS
SELECT
    e.id, e.policy_id, e.policy, e.project_id, e.project, e.trigger, e.status, e.message, e.warnings,
    e.expanded_at IS NOT NULL AS expanded, e.created_at, e.started_at, e.ended_at,
    coalesce(e.final_counts, (
        SELECT jsonb_object_agg(counted.status, counted.tasks)
        FROM (SELECT t.status, count(*) AS tasks FROM tasks t WHERE t.execution_id = e.id GROUP BY t.status) counted
    ), '{}') AS counts,
    e.scheduled_for, e.event_id
FROM executions e;
COMMENT ON VIEW execution_overview IS 'Executions with their tasks counted by status (Counts)';

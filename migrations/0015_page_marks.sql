-- A page far into a hundred thousand tasks is found by the last mark before it: counting one's way there takes as long as
-- there are tasks before it.
ALTER TABLE executions ADD COLUMN page_marks bigint[];
COMMENT ON COLUMN executions.page_marks IS 'Ids of its first, 101st, 201st … task, once it has ended';
UPDATE executions e
SET page_marks = (
    SELECT array_agg(id ORDER BY id)
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM tasks WHERE execution_id = e.id) numbered
    WHERE n % 100 = 1)
WHERE final_counts IS NOT NULL;

//! What the end of a task proves.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::StoreError;

/// Writes down what tasks that have just succeeded proved, in the transaction that records their success. `fresh_for` is
/// how old the proof before may be for the warmth to have lasted since. Of two that prove the same, the later counts.
///
/// Nothing is written for a request that the engine only took, for files, or when the instance has moved, or the
/// registry was edited, since the engine was asked. A tag that a newer execution found at another artifact stays there.
pub(crate) async fn prove(
    connection: &mut PgConnection,
    task_ids: &[i64],
    fresh_for: Duration,
    now: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO warm (instance_id, registry_id, repository, digest, artifact_digest, platform, tags, proof, since,
                           proven_at, bytes, reach, execution_id, task_id)
         SELECT DISTINCT ON (t.instance_id, t.registry_id, t.repository, t.digest)
                t.instance_id, t.registry_id, t.repository, t.digest, t.artifact_digest, t.platform,
                ARRAY(SELECT tag FROM unnest(t.tags) AS tag WHERE NOT EXISTS (
                    SELECT 1 FROM warm newer
                    WHERE newer.registry_id = t.registry_id AND newer.repository = t.repository
                      AND newer.artifact_digest <> t.artifact_digest AND newer.execution_id > t.execution_id
                      AND tag = ANY (newer.tags))),
                t.proof, coalesce($3, now()), coalesce($3, now()), nullif((t.report ->> 'bytes')::bigint, 0),
                reach(e.spec), t.execution_id, t.id
         FROM tasks t
         JOIN executions e ON e.id = t.execution_id
         JOIN instances i ON i.id = t.instance_id
         JOIN registries r ON r.id = t.registry_id
         WHERE t.id = ANY ($1) AND t.digest <> '' AND t.proof IN ('reported', 'blobs_present')
           AND t.submitted_at >= i.moved_at AND t.submitted_at >= r.updated_at
         ORDER BY t.instance_id, t.registry_id, t.repository, t.digest, t.id DESC
         ON CONFLICT (instance_id, registry_id, repository, digest) DO UPDATE
         SET artifact_digest = excluded.artifact_digest, platform = excluded.platform,
             tags = ARRAY(SELECT DISTINCT tag FROM unnest(warm.tags || excluded.tags) AS tag ORDER BY tag),
             proof = excluded.proof, proven_at = excluded.proven_at, doubted_at = NULL,
             bytes = coalesce(excluded.bytes, warm.bytes), reach = excluded.reach,
             execution_id = excluded.execution_id, task_id = excluded.task_id,
             since = CASE WHEN warm.reach = excluded.reach AND warm.doubted_at IS NULL
                               AND warm.proven_at + make_interval(secs => $2) > excluded.proven_at
                          THEN warm.since ELSE excluded.since END",
        task_ids,
        fresh_for.as_secs_f64(),
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that engines could not confirm again what tasks were to warm.
pub(crate) async fn doubt(
    connection: &mut PgConnection,
    task_ids: &[i64],
    now: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE warm w SET doubted_at = coalesce($2, now())
         FROM tasks t
         WHERE t.id = ANY ($1) AND w.instance_id = t.instance_id AND w.registry_id = t.registry_id
           AND w.repository = t.repository AND w.digest = t.digest AND w.doubted_at IS NULL",
        task_ids,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

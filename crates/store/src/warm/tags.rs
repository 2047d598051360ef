//! What tags mean: what they named at the last preheat.

use sqlx::PgConnection;

use crate::StoreError;

/// What an execution found under its tags, one vector per column; each entry of `tags` is a JSON list.
pub(crate) struct Found<'a> {
    pub registry_ids: &'a [Option<i64>],
    pub repositories: &'a [String],
    pub digests: &'a [String],
    pub artifact_digests: &'a [String],
    pub tags: &'a [String],
}

/// Moves tags to what an execution has just found under them, whether or not its preheat will succeed: a tag that has
/// moved on names nothing warm until its new artifact is. Tags that a newer execution proved stay.
pub(crate) async fn note_tags(
    connection: &mut PgConnection,
    execution_id: i64,
    found: Found<'_>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "WITH found AS (
             SELECT DISTINCT t.registry_id, t.repository, t.digest, t.artifact_digest, tag
             FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[])
                  AS t (registry_id, repository, digest, artifact_digest, tags)
             CROSS JOIN jsonb_array_elements_text(t.tags::jsonb) AS tag
         ), held AS (
             SELECT w.instance_id, w.registry_id, w.repository, w.digest, w.artifact_digest, w.tags
             FROM warm w
             JOIN (SELECT DISTINCT registry_id, repository FROM found) f
                  ON f.registry_id = w.registry_id AND f.repository = w.repository
             WHERE w.execution_id IS NULL OR w.execution_id <= $1
         ), moved AS (
             SELECT h.instance_id, h.registry_id, h.repository, h.digest, tag
             FROM held h CROSS JOIN unnest(h.tags) AS tag
             WHERE EXISTS (
                     SELECT 1 FROM found f
                     WHERE f.registry_id = h.registry_id AND f.repository = h.repository AND f.tag = tag)
               AND NOT EXISTS (
                     SELECT 1 FROM found f
                     WHERE f.registry_id = h.registry_id AND f.repository = h.repository AND f.tag = tag
                       AND (f.artifact_digest = h.artifact_digest OR f.digest = h.digest))
         ), came AS (
             SELECT h.instance_id, h.registry_id, h.repository, h.digest, f.tag
             FROM held h
             JOIN found f ON f.registry_id = h.registry_id AND f.repository = h.repository AND f.digest = h.digest
             WHERE f.tag <> ALL (h.tags)
         ), changed AS (
             SELECT instance_id, registry_id, repository, digest FROM moved
             UNION SELECT instance_id, registry_id, repository, digest FROM came
         ), locked AS (
             SELECT w.instance_id, w.registry_id, w.repository, w.digest,
                    ARRAY(SELECT tag FROM (
                              SELECT unnest(w.tags) AS tag
                              UNION SELECT c.tag FROM came c
                              WHERE (c.instance_id, c.registry_id, c.repository, c.digest)
                                    = (w.instance_id, w.registry_id, w.repository, w.digest)
                              EXCEPT SELECT m.tag FROM moved m
                              WHERE (m.instance_id, m.registry_id, m.repository, m.digest)
                                    = (w.instance_id, w.registry_id, w.repository, w.digest)
                          ) AS now_its ORDER BY tag) AS tags
             FROM warm w
             JOIN changed USING (instance_id, registry_id, repository, digest)
             ORDER BY w.instance_id, w.registry_id, w.repository, w.digest
             FOR UPDATE OF w
         )
         UPDATE warm w SET tags = locked.tags FROM locked
         WHERE (w.instance_id, w.registry_id, w.repository, w.digest)
               = (locked.instance_id, locked.registry_id, locked.repository, locked.digest)",
        execution_id,
        found.registry_ids as &[Option<i64>],
        found.repositories,
        found.digests,
        found.artifact_digests,
        found.tags,
    )
    .execute(connection)
    .await?;
    Ok(())
}

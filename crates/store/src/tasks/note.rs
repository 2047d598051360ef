//! What is noted of a submission just before the engine is asked.

use std::collections::HashSet;
use std::sync::Arc;

use forewarm_domain::artifact::Blob;

use super::{Lease, Tasks};
use crate::json;
use crate::{Store, StoreError};

#[derive(Debug)]
pub(super) struct Note {
    lease: Lease,
    /// JSON.
    blobs: String,
}

impl Tasks<'_> {
    /// Notes, just before the engine is asked, what it must end up holding, and when it is asked.
    pub async fn note_submission(&self, lease: Lease, blobs: &[Blob]) -> Result<bool, StoreError> {
        let store = self.store.clone();
        let note = Note { lease, blobs: json::text(blobs)? };
        let write = move |notes: Arc<Vec<Note>>| {
            let store = store.clone();
            async move { write(&store, &notes).await }
        };
        Arc::clone(&self.store.writes.notes).submit(note, write).await
    }
}

async fn write(store: &Store, notes: &[Note]) -> Result<Vec<bool>, StoreError> {
    let ids: Vec<i64> = notes.iter().map(|note| note.lease.task_id).collect();
    let tokens: Vec<_> = notes.iter().map(|note| note.lease.token).collect();
    let blobs: Vec<&str> = notes.iter().map(|note| note.blobs.as_str()).collect();
    let noted = sqlx::query_scalar!(
        "UPDATE tasks t SET blobs = note.blobs::jsonb, submitted_at = coalesce($4, now())
         FROM unnest($1::bigint[], $2::uuid[], $3::text[]) AS note (task_id, token, blobs)
         WHERE t.id = note.task_id AND t.lease_token = note.token
         RETURNING t.id",
        &ids,
        &tokens,
        &blobs as &[&str],
        store.clock.bind(),
    )
    .fetch_all(&store.pool)
    .await?;
    let noted: HashSet<i64> = noted.into_iter().collect();
    Ok(ids.iter().map(|id| noted.contains(id)).collect())
}

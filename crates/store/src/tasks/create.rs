//! Writing the tasks of an execution, in chunks.

use std::time::Duration;

use forewarm_domain::artifact::Blob;
use forewarm_domain::task::Target;

use super::columns::Columns;
use super::{Tasks, urls, window};
use crate::StoreError;
use crate::executions::ExpansionLease;

/// A task to be. The same manifest on the same instance is one task, however often it is written.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// Place in its execution, from 0.
    pub ordinal: i32,
    pub instance_id: i64,
    pub instance: String,
    pub vendor: String,
    pub target: Target,
    /// What must be warm in the end, where that is known already.
    pub blobs: Option<Vec<Blob>>,
    pub max_attempts: i32,
    /// How long the engine may take.
    pub timeout_seconds: i32,
    /// Why it is stopped before it begins.
    pub stopped: Option<String>,
    /// How old a proof may be for it to be a success at once; None = it is preheated anyway.
    pub fresh_for: Option<Duration>,
}

impl Tasks<'_> {
    /// Writes a chunk of tasks in one transaction and opens the windows of their instances. false = the lease on the
    /// execution is lost, and nothing was written. Writing a task that exists already changes nothing.
    pub async fn create_many(&self, lease: ExpansionLease, tasks: &[NewTask]) -> Result<bool, StoreError> {
        let mut tx = self.store.begin().await?;
        let held = sqlx::query_scalar!(
            r#"SELECT true AS "held!" FROM executions WHERE id = $1 AND lease_token = $2 FOR SHARE"#,
            lease.execution_id,
            lease.token
        )
        .fetch_optional(&mut *tx)
        .await?;
        if held.is_none() {
            return Ok(false);
        }
        let mut columns = Columns::of(tasks);
        columns.settle(&mut tx, lease.execution_id, tasks, self.store.clock.bind()).await?;
        columns.insert(&mut tx, lease.execution_id, self.store.clock.bind()).await?;
        urls::complete(&mut tx, &self.store.keys, lease.execution_id, tasks).await?;
        let mut instances = columns.instance_ids.clone();
        instances.sort_unstable();
        instances.dedup();
        for instance_id in instances {
            window::fill(&mut tx, instance_id, self.store.clock.bind()).await?;
        }
        tx.commit().await?;
        // Nobody waits for it, and whoever dies before it leaves an execution that is expanded again.
        columns.note_tags(&mut *self.store.pool.acquire().await?, lease.execution_id).await?;
        Ok(true)
    }
}

//! The right to ask an engine for what nobody else is asking it for.

use std::time::Duration;

use forewarm_domain::artifact::Blob;
use serde_json::json;
use sqlx::PgConnection;

use super::{Lease, Tasks};
use crate::StoreError;
use crate::warm::{self, Standing};

/// Advisory locks of this class (with a hash of instance and manifest) serialise those who look before they ask.
const LOCK_CLASS: i32 = 0x7761_726d;

/// Whether the engine may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Yes, and it is noted when and for what.
    Mine,
    /// No: it is warm, or in another task's hands.
    Spared(Standing),
    /// The lease was lost.
    Lost,
}

impl Tasks<'_> {
    /// Like `note_submission`, unless the manifest is warm (by a proof no older than `fresh_for`), or the engine is at
    /// it for another task. Of any number of tasks that claim the same manifest at once, one gets it.
    pub async fn claim(
        &self,
        lease: Lease,
        blobs: &[Blob],
        fresh_for: Duration,
    ) -> Result<Claim, StoreError> {
        let now = self.store.clock.bind();
        let mut tx = self.store.begin().await?;
        lock(&mut tx, lease.task_id).await?;
        let standing = warm::standing(&mut tx, lease.task_id, fresh_for, now).await?;
        if standing != Standing::Cold {
            return Ok(Claim::Spared(standing));
        }
        let noted = sqlx::query!(
            "UPDATE tasks SET blobs = $3, submitted_at = coalesce($4, now()) WHERE id = $1 AND lease_token = $2",
            lease.task_id,
            lease.token,
            json!(blobs),
            now,
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(if noted.rows_affected() == 1 { Claim::Mine } else { Claim::Lost })
    }
}

async fn lock(connection: &mut PgConnection, task_id: i64) -> Result<(), StoreError> {
    sqlx::query!(
        r#"SELECT true AS "locked!" FROM (
               SELECT pg_advisory_xact_lock($2, hashtext(concat_ws(' ', instance_id, registry_id, repository, digest)))
               FROM tasks WHERE id = $1
           ) AS locks"#,
        task_id,
        LOCK_CLASS,
    )
    .fetch_optional(connection)
    .await?;
    Ok(())
}

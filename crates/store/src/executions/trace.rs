//! Which trace an execution belongs to.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::Executions;
use crate::StoreError;

/// What started an execution.
#[derive(Debug, Clone)]
pub struct Beginning {
    pub traceparent: String,
    pub at: DateTime<Utc>,
}

impl Executions<'_> {
    /// Notes the trace of a start. Without an exporter nothing is written.
    pub(super) async fn note_trace(&self, connection: &mut PgConnection, id: i64) -> Result<(), StoreError> {
        let Some(traceparent) = forewarm_traces::current_or_new("start execution") else { return Ok(()) };
        sqlx::query!("UPDATE executions SET traceparent = $2 WHERE id = $1", id, traceparent)
            .execute(connection)
            .await?;
        Ok(())
    }

    /// What started the execution; None where that was not traced.
    pub async fn beginning(&self, id: i64) -> Result<Option<Beginning>, StoreError> {
        let beginning = sqlx::query_as!(
            Beginning,
            r#"SELECT traceparent AS "traceparent!", created_at AS at FROM executions
               WHERE id = $1 AND traceparent IS NOT NULL"#,
            id
        );
        Ok(beginning.fetch_optional(&self.store.pool).await?)
    }
}

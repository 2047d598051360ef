//! Counts executions that ended.

use std::time::Duration;

use forewarm_metrics::process;

use super::Executions;
use crate::StoreError;

struct Ended {
    trigger: String,
    status: String,
    seconds: f64,
    vendors: Vec<String>,
}

impl Executions<'_> {
    /// Once its end is committed. A count that fails is not worth failing for.
    pub(super) async fn count_end(&self, id: i64) {
        match self.ended(id).await {
            Ok(Some(ended)) => {
                let vendor = match ended.vendors.as_slice() {
                    [] => "none",
                    [vendor] => vendor,
                    _ => "several",
                };
                process().executions.add([vendor, &ended.trigger, &ended.status]);
                let took = Duration::try_from_secs_f64(ended.seconds).unwrap_or_default();
                process().execution_duration.observe([&ended.trigger, &ended.status], took);
            }
            Ok(None) => {}
            Err(error) => {
                tracing::debug!(execution_id = id, %error, "the end of an execution was not counted")
            }
        }
    }

    async fn ended(&self, id: i64) -> Result<Option<Ended>, StoreError> {
        let ended = sqlx::query_as!(
            Ended,
            r#"SELECT trigger, status, extract(epoch FROM ended_at - created_at)::float8 AS "seconds!",
                   ARRAY(SELECT DISTINCT i.vendor
                         FROM jsonb_array_elements(spec -> 'instances') named
                         JOIN instances i ON i.id = (named ->> 'id')::bigint) AS "vendors!"
               FROM executions WHERE id = $1 AND ended_at IS NOT NULL"#,
            id
        );
        Ok(ended.fetch_optional(&self.store.pool).await?)
    }
}

//! Giving back turns that nobody here has room for.

use std::time::Duration;

use forewarm_domain::job::Turn;

use super::{Due, Stage, Tasks, push};
use crate::StoreError;

impl Tasks<'_> {
    /// Writes new tickets for these turns, due after `wait`. Those that somebody has begun meanwhile are his.
    pub async fn postpone(&self, turns: &[Turn], wait: Duration) -> Result<(), StoreError> {
        let ids: Vec<i64> = turns.iter().map(|turn| turn.task_id).collect();
        let seqs: Vec<i64> = turns.iter().map(|turn| turn.seq).collect();
        let mut tx = self.store.begin().await?;
        let rows = sqlx::query!(
            r#"UPDATE tasks t
               SET seq = t.seq + 1, due_at = coalesce($4, now()) + make_interval(secs => $3)
               FROM unnest($1::bigint[], $2::bigint[]) AS turn (task_id, seq)
               WHERE t.id = turn.task_id AND t.seq = turn.seq AND t.status IN ('pending', 'running')
                 AND t.lease_token IS NULL
               RETURNING t.id, t.seq, t.stage, t.due_at AS "due_at!""#,
            &ids,
            &seqs,
            wait.as_secs_f64(),
            self.store.clock.bind(),
        )
        .fetch_all(&mut *tx)
        .await?;
        let due: Vec<Due> = rows
            .into_iter()
            .map(|row| Due {
                turn: Turn { task_id: row.id, seq: row.seq },
                stage: Stage::from_word(&row.stage),
                at: row.due_at,
            })
            .collect();
        push(&mut tx, &due).await?;
        tx.commit().await?;
        Ok(())
    }
}

//! Windows: how many tasks of an instance have a ticket at one time. The other hundred thousand are rows.

use chrono::{DateTime, Utc};
use forewarm_domain::job::Turn;
use sqlx::PgConnection;

use super::{Due, Stage, Tasks, push};
use crate::StoreError;

/// Advisory locks of this class (with the instance's id) serialise those who count before they open.
const LOCK_CLASS: i32 = 0x666f_7265;

impl Tasks<'_> {
    /// Opens tasks until as many are in flight at each instance as it allows. Called when tasks are created, when
    /// room appears other than one for one, and by the sweep.
    pub async fn fill_windows(&self, instances: &[i64]) -> Result<(), StoreError> {
        for &instance_id in instances {
            self.fill_window(instance_id).await?;
        }
        Ok(())
    }

    async fn fill_window(&self, instance_id: i64) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        fill(&mut tx, instance_id, self.store.clock.bind()).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// The same in the caller's transaction, which fills the windows of several instances in the order of their ids.
pub(super) async fn fill(
    connection: &mut PgConnection,
    instance_id: i64,
    now: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_advisory_xact_lock($1, $2)")
        .bind(LOCK_CLASS)
        .bind(instance_id as i32)
        .execute(&mut *connection)
        .await?;
    let room = sqlx::query_scalar!(
        r#"SELECT i.max_in_flight - (
               SELECT count(*) FROM tasks t
               WHERE t.instance_id = i.id AND t.opened
           ) AS "room!"
           FROM instances i WHERE i.id = $1"#,
        instance_id
    )
    .fetch_optional(&mut *connection)
    .await?;
    let room = room.unwrap_or_default();
    if room > 0 { open(connection, instance_id, room, now).await } else { Ok(()) }
}

/// Opens tasks in the places of `count` that ended, unless the instance's limit was lowered meanwhile.
pub(super) async fn open_next(
    connection: &mut PgConnection,
    instance_id: i64,
    count: i64,
    now: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let room = sqlx::query_scalar!(
        r#"SELECT least($2, i.max_in_flight - (
               SELECT count(*) FROM (
                   SELECT 1 FROM tasks t
                   WHERE t.instance_id = i.id AND t.opened LIMIT i.max_in_flight
               ) in_flight
           )) AS "room!"
           FROM instances i
           WHERE i.id = $1 AND EXISTS (
               SELECT 1 FROM tasks t WHERE t.instance_id = i.id AND NOT t.opened AND t.ended_at IS NULL)"#,
        instance_id,
        count,
    )
    .fetch_optional(&mut *connection)
    .await?;
    let room = room.unwrap_or_default();
    if room > 0 { open(connection, instance_id, room, now).await } else { Ok(()) }
}

/// Gives up to `limit` waiting tasks of an instance their tickets, in the caller's transaction.
///
/// Low ordinals go first, so executions that share an instance advance side by side, and a small one is not held up
/// by a large one.
async fn open(
    connection: &mut PgConnection,
    instance_id: i64,
    limit: i64,
    now: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let mut opened = sqlx::query!(
        r#"UPDATE tasks SET opened = true, seq = seq + 1, due_at = coalesce($3, now())
           WHERE id IN (
               SELECT id FROM tasks WHERE instance_id = $1 AND NOT opened AND ended_at IS NULL
               ORDER BY ordinal, id LIMIT $2 FOR UPDATE SKIP LOCKED)
           RETURNING id, seq, ordinal, due_at AS "due_at!""#,
        instance_id,
        limit,
        now,
    )
    .fetch_all(&mut *connection)
    .await?;
    if opened.is_empty() {
        return Ok(());
    }
    let (first, gap) = reserve(connection, instance_id, opened.len(), opened[0].due_at).await?;
    opened.sort_by_key(|task| (task.ordinal, task.id));
    let due: Vec<Due> = opened
        .iter()
        .zip(0..)
        .map(|(task, place)| Due {
            turn: Turn { task_id: task.id, seq: task.seq },
            stage: Stage::Submit,
            at: first + gap * place,
        })
        .collect();
    if gap > chrono::Duration::zero() {
        set_due(connection, &due).await?;
    }
    push(connection, &due).await
}

/// Reserves places in the instance's pacing: the time of the first, and the gap between two.
async fn reserve(
    connection: &mut PgConnection,
    instance_id: i64,
    places: usize,
    now: DateTime<Utc>,
) -> Result<(DateTime<Utc>, chrono::Duration), StoreError> {
    let row = sqlx::query!(
        r#"UPDATE instances
           SET next_submit_at = greatest(next_submit_at, $2) + make_interval(secs => $3 / submits_per_second)
           WHERE id = $1 AND submits_per_second IS NOT NULL
           RETURNING next_submit_at, submits_per_second AS "rate!""#,
        instance_id,
        now,
        places as f64,
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else {
        return Ok((now, chrono::Duration::zero()));
    };
    let gap = chrono::Duration::microseconds((1_000_000.0 / row.rate) as i64);
    Ok((row.next_submit_at - gap * i32::try_from(places).unwrap_or(i32::MAX), gap))
}

/// Writes down when paced tickets are due, so that the sweep does not take them for lost.
async fn set_due(connection: &mut PgConnection, paced: &[Due]) -> Result<(), StoreError> {
    let ids: Vec<i64> = paced.iter().map(|paced| paced.turn.task_id).collect();
    let due: Vec<DateTime<Utc>> = paced.iter().map(|paced| paced.at).collect();
    sqlx::query!(
        "UPDATE tasks SET due_at = paced.due_at
         FROM unnest($1::bigint[], $2::timestamptz[]) AS paced (id, due_at) WHERE tasks.id = paced.id",
        &ids,
        &due,
    )
    .execute(connection)
    .await?;
    Ok(())
}

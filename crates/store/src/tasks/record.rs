//! Recording how steps of tasks ended, together with the tickets of the next steps: one without the other never is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use forewarm_domain::job::Turn;
use forewarm_domain::task_log::Line;
use sqlx::PgConnection;

use super::step::{Columns, Step};
use super::written::{self, Written};
use super::{Due, Lease, Stage, Tasks, push, window};
use crate::json;
use crate::{Store, StoreError, task_logs, warm};

/// The end of one step.
#[derive(Debug)]
pub(super) struct Record {
    pub lease: Lease,
    pub columns: Columns,
    /// JSON, as are the lines: a tree of it would cost dozens of allocations.
    pub report: Option<String>,
    pub line_count: i64,
    pub lines: String,
}

impl Tasks<'_> {
    /// Writes the end of a step, the lines of its log and the next ticket in one transaction, which other steps that
    /// end at the same moment may share. false = the lease was lost, and nothing was written.
    pub async fn record(
        &self,
        lease: Lease,
        stage: Stage,
        step: Step,
        lines: &[Line],
    ) -> Result<bool, StoreError> {
        let columns = Columns::of(stage, step);
        let record = Record {
            lease,
            report: columns.report.as_ref().map(json::text).transpose()?,
            columns,
            line_count: lines.len() as i64,
            lines: task_logs::column(lines)?,
        };
        let store = self.store.clone();
        let write = move |records: Arc<Vec<Record>>| {
            let store = store.clone();
            async move { write(&store, &records).await }
        };
        Arc::clone(&self.store.writes.records).submit(record, write).await
    }
}

async fn write(store: &Store, asked: &[Record]) -> Result<Vec<bool>, StoreError> {
    let mut records: Vec<&Record> = asked.iter().collect();
    // Whoever else locks many tasks does it in the order of their ids, too.
    records.sort_by_key(|record| record.lease.task_id);
    let now = store.clock.bind();
    let mut tx = store.begin().await?;
    let rows = written::write(&mut tx, &records, now).await?;
    settle_warmth(&mut tx, &records, &rows, now).await?;
    push(&mut tx, &rows.values().filter_map(Written::due).collect::<Vec<_>>()).await?;
    open_next(&mut tx, rows.values(), now).await?;
    tx.commit().await?;
    let mut ended: Vec<i64> =
        rows.values().filter(|row| row.due_at.is_none()).map(|row| row.execution_id).collect();
    ended.sort_unstable();
    ended.dedup();
    for execution_id in ended {
        // The steps are written: whoever heard of a failure now would take them for lost.
        if let Err(error) = store.executions().finish_if_done(execution_id).await {
            tracing::warn!(execution_id, %error, "an execution could not be ended; the sweep will end it");
        }
    }
    Ok(asked.iter().map(|record| rows.contains_key(&record.lease.task_id)).collect())
}

/// What successes prove, and failures cast doubt on.
async fn settle_warmth(
    connection: &mut PgConnection,
    records: &[&Record],
    rows: &BTreeMap<i64, Written>,
    now: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let mut proven: BTreeMap<Duration, Vec<i64>> = BTreeMap::new();
    let mut doubted = Vec::new();
    for record in records.iter().filter(|record| rows.contains_key(&record.lease.task_id)) {
        if let Some(fresh_for) = record.columns.proves_for {
            proven.entry(fresh_for).or_default().push(record.lease.task_id);
        }
        if record.columns.casts_doubt {
            doubted.push(record.lease.task_id);
        }
    }
    for (fresh_for, tasks) in proven {
        warm::prove(connection, &tasks, fresh_for, now).await?;
    }
    if !doubted.is_empty() {
        warm::doubt(connection, &doubted, now).await?;
    }
    Ok(())
}

/// Opens tasks in the places of those that ended.
async fn open_next(
    connection: &mut PgConnection,
    rows: impl Iterator<Item = &Written>,
    now: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let mut places: BTreeMap<i64, i64> = BTreeMap::new();
    for instance_id in rows.filter(|row| row.due_at.is_none()).filter_map(|row| row.instance_id) {
        *places.entry(instance_id).or_default() += 1;
    }
    for (instance_id, count) in places {
        window::open_next(connection, instance_id, count, now).await?;
    }
    Ok(())
}

impl Written {
    fn due(&self) -> Option<Due> {
        let turn = Turn { task_id: self.task_id, seq: self.seq };
        Some(Due { turn, stage: Stage::from_word(&self.stage), at: self.due_at? })
    }
}

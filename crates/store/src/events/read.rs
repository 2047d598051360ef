//! Reading deliveries, with what became of each of their notices.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use forewarm_domain::delivery::{Delivery, Event, Outcome, Received};
use sqlx::types::Json;

use super::Events;
use crate::StoreError;
use crate::listing::Page;

impl Events<'_> {
    /// One page of a registry's deliveries, newest first, each with its first notices.
    pub async fn deliveries(
        &self,
        registry_id: i64,
        notices: i64,
        limit: i64,
        offset: i64,
    ) -> Result<Page<Delivery>, StoreError> {
        let total = sqlx::query_scalar!(
            r#"SELECT count(*) AS "total!" FROM deliveries WHERE registry_id = $1"#,
            registry_id
        );
        let total = total.fetch_one(&self.store.pool).await?;
        let items = self.select(registry_id, None, notices, limit, offset).await?;
        Ok(Page { items, total })
    }

    /// One delivery with all its notices.
    pub async fn delivery(&self, registry_id: i64, id: i64) -> Result<Option<Delivery>, StoreError> {
        Ok(self.select(registry_id, Some(id), i64::from(i32::MAX), 1, 0).await?.pop())
    }

    async fn select(
        &self,
        registry_id: i64,
        id: Option<i64>,
        notices: i64,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<Delivery>, StoreError> {
        let rows = sqlx::query_as!(
            DeliveryRow,
            r#"SELECT id, format, note, received_at,
                      (SELECT count(*) FROM delivery_events WHERE delivery_id = deliveries.id) AS "total!"
               FROM deliveries WHERE registry_id = $1 AND ($2::bigint IS NULL OR id = $2)
               ORDER BY id DESC LIMIT $3 OFFSET $4"#,
            registry_id,
            id,
            limit,
            offset,
        )
        .fetch_all(&self.store.pool)
        .await?;
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let mut notices = self.notices(&ids, notices).await?;
        let with_notices = |row: &DeliveryRow| Delivery {
            id: row.id,
            format: row.format.clone(),
            note: row.note.clone(),
            received_at: row.received_at,
            total: row.total,
            notices: notices.remove(&row.id).unwrap_or_default(),
        };
        Ok(rows.iter().map(with_notices).collect())
    }

    /// The first notices of these deliveries.
    async fn notices(&self, ids: &[i64], first: i64) -> Result<HashMap<i64, Vec<Received>>, StoreError> {
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT d.delivery_id, d.about, d.fate, d.reason, d.kind, d.occurred_at,
                      e.id AS "event_id?", e.repository AS "repository?", e.tags AS "tags?", e.kinds AS "kinds?",
                      e.status AS "status?", e.message AS "message?", e.ended_at,
                      e.outcome AS "outcome?: Json<Outcome>"
               FROM delivery_events d LEFT JOIN events e ON e.id = d.event_id
               WHERE d.delivery_id = ANY($1) AND d.n < $2
               ORDER BY d.delivery_id, d.n"#,
            ids,
            i32::try_from(first).unwrap_or(i32::MAX),
        )
        .fetch_all(&self.store.pool)
        .await?;
        let mut found: HashMap<i64, Vec<Received>> = HashMap::new();
        for row in rows {
            found.entry(row.delivery_id).or_default().push(row.into_received()?);
        }
        Ok(found)
    }
}

struct DeliveryRow {
    id: i64,
    format: String,
    note: String,
    received_at: DateTime<Utc>,
    total: i64,
}

struct Row {
    delivery_id: i64,
    about: String,
    fate: String,
    reason: String,
    kind: Option<String>,
    occurred_at: Option<DateTime<Utc>>,
    event_id: Option<i64>,
    repository: Option<String>,
    tags: Option<Vec<String>>,
    kinds: Option<Vec<String>>,
    status: Option<String>,
    message: Option<String>,
    ended_at: Option<DateTime<Utc>>,
    outcome: Option<Json<Outcome>>,
}

impl Row {
    fn into_received(self) -> Result<Received, StoreError> {
        let corrupt = |reason| StoreError::Corrupt {
            table: "delivery_events",
            id: self.delivery_id,
            column: "fate",
            reason,
        };
        let fate = self.fate.parse().map_err(corrupt)?;
        let event = self.event_id.map(|id| Event {
            id,
            repository: self.repository.unwrap_or_default(),
            tags: self.tags.unwrap_or_default(),
            kinds: self.kinds.unwrap_or_default(),
            status: self.status.unwrap_or_default(),
            message: self.message.unwrap_or_default(),
            ended_at: self.ended_at,
            outcome: self.outcome.map(|outcome| outcome.0).unwrap_or_default(),
        });
        let (about, reason, kind) = (self.about, self.reason, self.kind);
        Ok(Received { about, fate, reason, kind, occurred_at: self.occurred_at, event })
    }
}

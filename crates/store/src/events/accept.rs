//! Takes a delivery in: everything of it is stored, or nothing is.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use forewarm_domain::delivery::Fate;
use forewarm_domain::hint::{Hint, Key, Notice};
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;

use super::Events;
use super::upsert::{EventIds, gather, upsert};
use crate::StoreError;

/// A delivery to be stored.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    pub registry_id: i64,
    pub format: String,
    /// What a person should know about it; mostly empty.
    pub note: String,
    pub notices: Vec<Notice>,
}

/// What became of a delivery. The numbers count notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    pub delivery_id: i64,
    pub accepted: usize,
    pub duplicates: usize,
    pub ignored: usize,
}

/// A row of `delivery_events`.
#[derive(Serialize)]
struct Row {
    n: usize,
    about: String,
    fate: &'static str,
    reason: String,
    kind: Option<&'static str>,
    occurred_at: Option<DateTime<Utc>>,
    event_id: Option<i64>,
}

impl Events<'_> {
    /// Stores the delivery, and the events that its new hints make, with their tickets.
    pub async fn accept(&self, delivery: NewDelivery) -> Result<Accepted, StoreError> {
        let mut tx = self.store.begin().await?;
        let accepted = self.accept_in(&mut tx, delivery).await?;
        tx.commit().await?;
        Ok(accepted)
    }

    /// The same as part of the caller's transaction.
    pub(crate) async fn accept_in(
        &self,
        tx: &mut PgConnection,
        delivery: NewDelivery,
    ) -> Result<Accepted, StoreError> {
        let now = self.store.clock.bind();
        let delivery_id = write_delivery(tx, &delivery, now).await?;
        let notices = split(delivery.notices);
        let fresh = take_keys(tx, delivery.registry_id, &notices, now).await?;
        let is_new = first_of_each(&notices, &fresh);
        let new = hints(&notices).filter(|(n, _)| is_new.contains(n)).map(|(_, hint)| hint);
        let events =
            upsert(tx, delivery.registry_id, &gather(new.clone()), now, self.store.gathering).await?;
        remember_events(tx, delivery.registry_id, new, &events).await?;
        let known = events_of_keys(tx, delivery.registry_id, &notices).await?;
        let rows = rows(notices, &is_new, &known);
        write_rows(tx, delivery_id, &rows).await?;
        let count = |fate: Fate| rows.iter().filter(|row| row.fate == fate.as_str()).count();
        Ok(Accepted {
            delivery_id,
            accepted: count(Fate::Accepted),
            duplicates: count(Fate::Duplicate),
            ignored: count(Fate::Ignored),
        })
    }
}

async fn write_delivery(
    tx: &mut PgConnection,
    delivery: &NewDelivery,
    now: Option<DateTime<Utc>>,
) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar!(
        "INSERT INTO deliveries (registry_id, format, note, received_at)
         VALUES ($1, $2, $3, coalesce($4, now())) RETURNING id",
        delivery.registry_id,
        delivery.format,
        delivery.note,
        now,
    );
    Ok(id.fetch_one(tx).await?)
}

fn split(notices: Vec<Notice>) -> Vec<Notice> {
    let each = |notice| match notice {
        Notice::Hint(hint) => hint.split().into_iter().map(Notice::Hint).collect(),
        ignored @ Notice::Ignored { .. } => vec![ignored],
    };
    notices.into_iter().flat_map(each).collect()
}

fn hints(notices: &[Notice]) -> impl Iterator<Item = (usize, &Hint)> + Clone {
    notices.iter().enumerate().filter_map(|(n, notice)| match notice {
        Notice::Hint(hint) => Some((n, hint)),
        Notice::Ignored { .. } => None,
    })
}

/// Claims the keys of the hints, and returns those that nobody had, or whose time is over.
async fn take_keys(
    tx: &mut PgConnection,
    registry_id: i64,
    notices: &[Notice],
    now: Option<DateTime<Utc>>,
) -> Result<HashSet<String>, StoreError> {
    // Ordered, so that two deliveries lock rows in the same order.
    let keys: BTreeMap<&str, &Key> = hints(notices).map(|(_, hint)| (&*hint.key.text, &hint.key)).collect();
    let (texts, windows): (Vec<String>, Vec<f64>) =
        keys.into_values().map(|key| (key.text.clone(), key.window.as_secs_f64())).unzip();
    let fresh = sqlx::query_scalar!(
        "INSERT INTO event_keys (registry_id, key, expires_at)
         SELECT $1, key, coalesce($4, now()) + make_interval(secs => seconds)
         FROM unnest($2::text[], $3::float8[]) AS told (key, seconds)
         ON CONFLICT (registry_id, key) DO UPDATE SET expires_at = EXCLUDED.expires_at, event_id = NULL
         WHERE event_keys.expires_at <= coalesce($4, now())
         RETURNING key",
        registry_id,
        &texts,
        &windows,
        now,
    );
    Ok(fresh.fetch_all(tx).await?.into_iter().collect())
}

/// Places of the hints that count: of several with one key in this delivery only the first.
fn first_of_each(notices: &[Notice], fresh: &HashSet<String>) -> HashSet<usize> {
    let mut seen = HashSet::new();
    let mut is_first = |key: &String| fresh.contains(key) && seen.insert(key.clone());
    hints(notices).filter(|(_, hint)| is_first(&hint.key.text)).map(|(n, _)| n).collect()
}

async fn remember_events<'a>(
    tx: &mut PgConnection,
    registry_id: i64,
    new: impl Iterator<Item = &'a Hint>,
    events: &EventIds,
) -> Result<(), StoreError> {
    let event = |hint: &Hint| events.get(&(hint.repository.clone(), hint.subject().to_owned())).copied();
    let (keys, ids): (Vec<String>, Vec<i64>) =
        new.filter_map(|hint| Some((hint.key.text.clone(), event(hint)?))).unzip();
    sqlx::query!(
        "UPDATE event_keys SET event_id = told.event_id
         FROM unnest($2::text[], $3::bigint[]) AS told (key, event_id)
         WHERE event_keys.registry_id = $1 AND event_keys.key = told.key",
        registry_id,
        &keys,
        &ids,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The event of every key, as far as it is still there.
async fn events_of_keys(
    tx: &mut PgConnection,
    registry_id: i64,
    notices: &[Notice],
) -> Result<HashMap<String, i64>, StoreError> {
    let keys: Vec<String> = hints(notices).map(|(_, hint)| hint.key.text.clone()).collect();
    let rows = sqlx::query!(
        "SELECT key, events.id FROM event_keys JOIN events ON events.id = event_id
         WHERE event_keys.registry_id = $1 AND key = ANY($2)",
        registry_id,
        &keys,
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.key, row.id)).collect())
}

fn rows(notices: Vec<Notice>, is_new: &HashSet<usize>, known: &HashMap<String, i64>) -> Vec<Row> {
    let row = |(n, notice)| match notice {
        Notice::Hint(hint) => Row {
            n,
            about: hint.about(),
            fate: if is_new.contains(&n) { Fate::Accepted } else { Fate::Duplicate }.as_str(),
            reason: String::new(),
            kind: Some(hint.kind.as_str()),
            occurred_at: hint.occurred_at,
            event_id: known.get(&hint.key.text).copied(),
        },
        Notice::Ignored { about, reason, .. } => Row {
            n,
            about,
            fate: Fate::Ignored.as_str(),
            reason,
            kind: None,
            occurred_at: None,
            event_id: None,
        },
    };
    notices.into_iter().enumerate().map(row).collect()
}

async fn write_rows(tx: &mut PgConnection, delivery_id: i64, rows: &[Row]) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO delivery_events (delivery_id, n, about, fate, reason, kind, occurred_at, event_id)
         SELECT $1, n, about, fate, reason, kind, occurred_at, event_id
         FROM jsonb_to_recordset($2) AS told (n integer, about text, fate text, reason text, kind text,
                                              occurred_at timestamptz, event_id bigint)",
        delivery_id,
        json!(rows),
    )
    .execute(tx)
    .await?;
    Ok(())
}

//! Hints become events: one that is still pending about the same artifact takes them up.

use chrono::{DateTime, Utc};
use forewarm_domain::event::EventKind;
use forewarm_domain::hint::Hint;
use forewarm_domain::job::Job;
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::StoreError;
use crate::queue::{self, Ticket};

/// What happened to one artifact, as far as it is known. Ordered, so that two deliveries lock rows in the same order.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Happening {
    pub repository: String,
    pub subject: String,
    pub tags: Vec<String>,
    /// Something was told of the digest alone.
    pub tagless: bool,
    pub kinds: Vec<EventKind>,
}

/// Artifacts by repository and subject, with the event that each belongs to.
pub(super) type EventIds = BTreeMap<(String, String), i64>;

/// Puts hints about the same artifact together.
pub(super) fn gather<'a>(hints: impl Iterator<Item = &'a Hint>) -> Vec<Happening> {
    let mut found: BTreeMap<(String, String), Happening> = BTreeMap::new();
    for hint in hints {
        let place = (hint.repository.clone(), hint.subject().to_owned());
        let (repository, subject) = place.clone();
        let none = Happening { repository, subject, tags: vec![], tagless: false, kinds: vec![] };
        let entry = found.entry(place).or_insert(none);
        entry.tags.extend(hint.tags.iter().cloned());
        entry.tagless |= hint.tags.is_empty();
        entry.kinds.push(hint.kind);
    }
    found.into_values().collect()
}

/// Writes the events with their tickets, due when they have gathered, as part of the caller's transaction.
pub(super) async fn upsert(
    connection: &mut PgConnection,
    registry_id: i64,
    happenings: &[Happening],
    now: Option<DateTime<Utc>>,
    gathering: Duration,
) -> Result<EventIds, StoreError> {
    let rows = sqlx::query!(
        r#"INSERT INTO events (registry_id, repository, subject, tags, tagless, kinds, due_at, created_at)
           SELECT $1, repository, subject, ARRAY(SELECT DISTINCT tag FROM unnest(tags) AS tag ORDER BY tag),
                  tagless, ARRAY(SELECT DISTINCT kind FROM unnest(kinds) AS kind ORDER BY kind),
                  coalesce($3, now()) + make_interval(secs => $4), coalesce($3, now())
           FROM jsonb_to_recordset($2) AS told (repository text, subject text, tags text[], tagless boolean, kinds text[])
           ORDER BY repository, subject
           ON CONFLICT (registry_id, repository, subject) WHERE status = 'pending' DO UPDATE
           SET tags = ARRAY(SELECT DISTINCT tag FROM unnest(events.tags || EXCLUDED.tags) AS tag ORDER BY tag),
               tagless = events.tagless OR EXCLUDED.tagless,
               kinds = ARRAY(SELECT DISTINCT kind FROM unnest(events.kinds || EXCLUDED.kinds) AS kind ORDER BY kind)
           RETURNING id, repository, subject, seq, due_at AS "due_at!", xmax::text = '0' AS "is_new!""#,
        registry_id,
        json!(happenings),
        now,
        gathering.as_secs_f64(),
    )
    .fetch_all(&mut *connection)
    .await?;
    let ticket = |event_id, seq, run_at| Ticket { job: Job::EvaluateEvent { event_id, seq }, run_at };
    let new = rows.iter().filter(|row| row.is_new);
    let tickets: Vec<Ticket> = new.map(|row| ticket(row.id, row.seq, row.due_at)).collect();
    queue::push(connection, &tickets).await?;
    Ok(rows.into_iter().map(|row| ((row.repository, row.subject), row.id)).collect())
}

//! Deliveries as they are shown.

use chrono::{DateTime, Utc};
use forewarm_domain::delivery::{Delivery, Event, Fate, Received, Verdict};
use forewarm_store::events::Accepted;
use poem_openapi::{Enum, Object};

/// What became of a delivery. The numbers count notices.
#[derive(Object)]
#[oai(rename = "DeliveryReceipt")]
pub struct ReceiptView {
    /// Id of the delivery.
    delivery: i64,
    /// Those that policies will be held against.
    accepted: i64,
    /// Those that were told before.
    duplicates: i64,
    /// Those that start nothing: pulls, layers, attestations.
    ignored: i64,
}

/// One request of a sender, or one look of ours.
#[derive(Object)]
#[oai(rename = "Delivery", skip_serializing_if_is_none)]
pub struct DeliveryView {
    id: i64,
    /// The format that it was in; `watch`: we looked ourselves.
    format: String,
    /// What a person should know about it.
    note: Option<String>,
    received_at: DateTime<Utc>,
    /// How many notices it had.
    notices_total: i64,
    notices: Vec<NoticeView>,
}

/// One notice of a delivery: something that the sender says happened.
#[derive(Object)]
#[oai(rename = "DeliveryNotice", skip_serializing_if_is_none)]
struct NoticeView {
    /// The artifact, or the kind of event.
    about: String,
    fate: FateWord,
    /// Why it was ignored, or what it turned out to be.
    reason: Option<String>,
    /// `push`, `scan_completed`, `label_added` or `signed`.
    kind: Option<String>,
    /// When it happened, if the sender says.
    occurred_at: Option<DateTime<Utc>>,
    event: Option<EventView>,
}

/// What became of a notice.
#[derive(Enum)]
#[oai(rename = "NoticeFate", rename_all = "snake_case")]
enum FateWord {
    Accepted,
    /// The same was told before.
    Duplicate,
    Ignored,
}

/// What happened to one artifact within a few seconds; several notices may be about it.
#[derive(Object)]
#[oai(rename = "Event", skip_serializing_if_is_none)]
struct EventView {
    id: i64,
    repository: String,
    tags: Vec<String>,
    /// What happened.
    kinds: Vec<String>,
    /// `pending`, `running`, `done` or `error`.
    status: String,
    /// What came of it, in one line.
    message: String,
    ended_at: Option<DateTime<Utc>>,
    /// How many policies wait for such events.
    policies_total: i64,
    /// How many of them it started.
    policies_started: i64,
    /// The first of them, those that it started before the others.
    policies: Vec<VerdictView>,
}

/// What an event means to one policy: an execution, or the reason why there is none.
#[derive(Object)]
#[oai(rename = "EventVerdict", skip_serializing_if_is_none)]
struct VerdictView {
    project: String,
    policy: String,
    /// Id of the execution that it started.
    execution: Option<i64>,
    reason: Option<String>,
}

impl From<Accepted> for ReceiptView {
    fn from(accepted: Accepted) -> Self {
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        Self {
            delivery: accepted.delivery_id,
            accepted: count(accepted.accepted),
            duplicates: count(accepted.duplicates),
            ignored: count(accepted.ignored),
        }
    }
}

impl DeliveryView {
    /// With so many policies of each notice at most.
    pub fn new(delivery: Delivery, policies: usize) -> Self {
        let notices = delivery.notices.into_iter().map(|notice| NoticeView::new(notice, policies));
        Self {
            id: delivery.id,
            format: delivery.format,
            note: some(delivery.note),
            received_at: delivery.received_at,
            notices_total: delivery.total,
            notices: notices.collect(),
        }
    }
}

impl NoticeView {
    fn new(notice: Received, policies: usize) -> Self {
        Self {
            about: notice.about,
            fate: notice.fate.into(),
            reason: some(notice.reason),
            kind: notice.kind,
            occurred_at: notice.occurred_at,
            event: notice.event.map(|event| EventView::new(event, policies)),
        }
    }
}

impl EventView {
    fn new(event: Event, policies: usize) -> Self {
        let outcome = event.outcome;
        Self {
            id: event.id,
            repository: event.repository,
            tags: event.tags,
            kinds: event.kinds,
            status: event.status,
            message: event.message,
            ended_at: event.ended_at,
            policies_total: outcome.total,
            policies_started: outcome.started,
            policies: outcome.policies.into_iter().take(policies).map(VerdictView::from).collect(),
        }
    }
}

impl From<Verdict> for VerdictView {
    fn from(verdict: Verdict) -> Self {
        Self {
            project: verdict.project,
            policy: verdict.policy,
            execution: verdict.execution_id,
            reason: some(verdict.reason),
        }
    }
}

impl From<Fate> for FateWord {
    fn from(fate: Fate) -> Self {
        match fate {
            Fate::Accepted => Self::Accepted,
            Fate::Duplicate => Self::Duplicate,
            Fate::Ignored => Self::Ignored,
        }
    }
}

/// An empty text tells nothing.
fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

//! The health of an instance or a registry, and how it changed.

use chrono::{DateTime, Utc};
use forewarm_domain::health::Health;
use forewarm_store::health::Watched;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object};

use crate::answers::Listed;
use crate::error::ApiError;
use crate::paging::Paging;
use crate::ping::{HealthStatus, HealthView};
use crate::state::ApiState;

/// The last look at it, and one page of the looks that found something new.
#[derive(Object)]
#[oai(rename = "HealthHistory")]
pub struct HistoryView {
    health: HealthView,
    /// Newest first.
    changes: Vec<ChangeView>,
}

/// A look that found another status than the look before, or another reason.
#[derive(Object)]
#[oai(rename = "HealthChange")]
struct ChangeView {
    at: DateTime<Utc>,
    status: HealthStatus,
    /// What answered, or why it is not healthy.
    reason: String,
    latency_ms: i64,
}

/// A health with one page of its changes.
#[derive(ApiResponse)]
pub enum History {
    #[oai(status = 200)]
    Page(
        Json<HistoryView>,
        /// How many changes there are in all.
        #[oai(header = "X-Total-Count")]
        i64,
        /// Addresses of the first, previous, next and last page (RFC 8288).
        #[oai(header = "Link")]
        String,
    ),
}

/// The answer about something that is looked at.
pub async fn answer(
    state: &ApiState,
    watched: Watched,
    health: Option<Health>,
    paging: &Paging<'_>,
) -> Result<History, ApiError> {
    let changes = state.store.health().changes(watched, paging.page_size, paging.offset()).await?;
    let Listed::Page(Json(changes), total, links) = paging.answer(changes, ChangeView::from);
    Ok(History::Page(Json(HistoryView { health: health.into(), changes }), total, links))
}

impl From<Health> for ChangeView {
    fn from(health: Health) -> Self {
        Self {
            at: health.checked_at,
            status: HealthStatus::of(health.healthy),
            reason: health.reason,
            latency_ms: health.latency_ms,
        }
    }
}

//! The audit log: who did what.

use chrono::{DateTime, Utc};
use forewarm_store::audit::{AuditFilter, Entry};
use poem::http::Uri;
use poem::web::Data;
use poem_openapi::param::Query;
use poem_openapi::{Object, OpenApi};
use serde_json::Value;

use crate::answers::Listed;
use crate::auth::Auth;
use crate::error::ApiError;
use crate::paging::{Paging, first_page, usual_page_size};
use crate::state::ApiState;
use crate::tags::Tag;

pub struct Api;

/// Somebody changed something.
#[derive(Object)]
#[oai(rename = "AuditEntry", skip_serializing_if_is_none)]
struct View {
    id: i64,
    at: DateTime<Utc>,
    /// What they came with: `user` (a password), `token`, `identity` (OpenID Connect), or `command` (on the machine itself).
    actor_kind: String,
    /// Name of the user, or the identity.
    actor: String,
    /// Name of the API token; absent without one.
    token: Option<String>,
    /// Where the request came from.
    address: Option<String>,
    /// Of the request; the log and the answer name it too.
    request_id: String,
    /// `create`, `update`, `delete`, `start`, `stop`, `retry` or `set_password`.
    action: String,
    /// `registry`, `instance`, `project`, `policy`, `execution`, `user` or `token`.
    object: String,
    object_id: i64,
    /// Its name at that time; executions have none.
    name: Option<String>,
    /// Name of the project that it belongs to.
    project: Option<String>,
    /// What it was, with secrets as `***`; absent if it was not there.
    before: Option<Value>,
    /// What it became, with secrets as `***`; absent if it is no more.
    after: Option<Value>,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Audit")]
impl Api {
    /// List who did what, newest first
    ///
    /// Every change of registries, instances, projects, policies, users and tokens, and every start, stop and retry of
    /// an execution by hand. What schedules and events start is not in it: that is in the executions themselves.
    #[allow(clippy::too_many_arguments)] // one for each part of the request
    #[oai(path = "/audit", method = "get", operation_id = "ListAudit")]
    async fn list(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        uri: &Uri,
        /// Number of the page, from 1.
        #[oai(default = "first_page", validator(minimum(value = "1")))]
        page: Query<i64>,
        /// How many on a page.
        #[oai(default = "usual_page_size", validator(minimum(value = "1"), maximum(value = "100")))]
        page_size: Query<i64>,
        /// Name of the user or identity.
        actor: Query<Option<String>>,
        /// `create`, `update`, `delete`, `start`, `stop`, `retry` or `set_password`.
        action: Query<Option<String>>,
        /// `registry`, `instance`, `project`, `policy`, `execution`, `user` or `token`.
        object: Query<Option<String>>,
        /// Id of the object.
        object_id: Query<Option<i64>>,
        /// Name of the object.
        name: Query<Option<String>>,
        /// Name of the project.
        project: Query<Option<String>>,
        /// Id of the request.
        request_id: Query<Option<String>>,
        /// At this time or later.
        since: Query<Option<DateTime<Utc>>>,
        /// Before this time.
        until: Query<Option<DateTime<Utc>>>,
    ) -> Result<Listed<View>, ApiError> {
        auth.system_admin()?;
        let filter = AuditFilter {
            actor: actor.0,
            action: action.0,
            object: object.0,
            object_id: object_id.0,
            name: name.0,
            project: project.0,
            request_id: request_id.0,
            since: since.0,
            until: until.0,
        };
        let paging = Paging { uri, page: page.0, page_size: page_size.0 };
        let found = state.store.audit().list(&filter, paging.page_size, paging.offset()).await?;
        Ok(paging.answer(found, View::from))
    }
}

impl From<Entry> for View {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id,
            at: entry.at,
            actor_kind: entry.actor_kind,
            actor: entry.actor,
            token: entry.token,
            address: entry.address,
            request_id: entry.request_id,
            action: entry.action,
            object: entry.object,
            object_id: entry.object_id,
            name: entry.name,
            project: entry.project,
            before: entry.before,
            after: entry.after,
        }
    }
}

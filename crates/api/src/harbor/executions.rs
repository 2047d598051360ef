//! Executions: runs of a policy.

use std::collections::BTreeMap;

use forewarm_domain::execution::{Counts, Execution};
use forewarm_domain::harbor::{time, trigger};
use forewarm_domain::policy::Policy;
use forewarm_domain::status::Status;
use forewarm_domain::trigger::Trigger;
use forewarm_store::executions::Change;
use forewarm_store::executions::search::COLUMNS;
use poem::http::Uri;
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use serde_json::{Value, json};

use super::answers::{Done, Listed};
use super::body::Body;
use super::instances::types::filled;
use super::lists::{Asked, first_page, usual_page_size};
use super::{access, errors, policies};
use crate::auth::Auth;
use crate::error::ApiError;
use crate::state::ApiState;
use crate::tags::HarborTag;

pub struct Api;

/// What Harbor calls the kind of work that a preheat is.
const VENDOR_TYPE: &str = "P2P_PREHEAT";

/// One run of a policy.
#[derive(Object)]
#[oai(rename = "Execution", skip_serializing_if_is_none)]
struct Model {
    #[oai(nullable)]
    id: Option<i64>,
    /// `P2P_PREHEAT`
    #[oai(nullable)]
    vendor_type: Option<String>,
    /// Id of the policy.
    #[oai(nullable)]
    vendor_id: Option<i64>,
    /// `Running`, `Success`, `Error` or `Stopped`; the only one that a request can ask for is `Stopped`.
    #[oai(nullable)]
    status: Option<String>,
    #[oai(nullable)]
    status_message: Option<String>,
    // A reference that may be null is an `allOf`, which generators of clients cannot read.
    metrics: Option<Metrics>,
    /// `manual`, `scheduled` or `event_based`
    #[oai(nullable)]
    trigger: Option<String>,
    /// `totalCount`, `trigger` and `triggerSetting`, which is the cron expression or `-`.
    #[oai(nullable)]
    extra_attrs: Option<BTreeMap<String, Value>>,
    #[oai(nullable)]
    start_time: Option<String>,
    /// 0001-01-01T00:00:00Z before the end.
    #[oai(nullable)]
    end_time: Option<String>,
}

/// Number of tasks by status; those that are 0 are left out.
#[derive(Object)]
#[oai(rename = "Metrics", skip_serializing_if_is_none, nullable_all)]
struct Metrics {
    task_count: Option<i64>,
    success_task_count: Option<i64>,
    error_task_count: Option<i64>,
    pending_task_count: Option<i64>,
    running_task_count: Option<i64>,
    /// Never: tasks wait as pending ones.
    scheduled_task_count: Option<i64>,
    stopped_task_count: Option<i64>,
}

#[OpenApi(prefix_path = "/api/v2.0", tag = "HarborTag::Preheat")]
impl Api {
    /// List executions of a policy
    #[allow(clippy::too_many_arguments)] // one for each part of the request
    #[oai(
        path = "/projects/:project_name/preheat/policies/:preheat_policy_name/executions",
        method = "get",
        operation_id = "ListExecutions"
    )]
    async fn list(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        uri: &Uri,
        /// The name of the project.
        project_name: Path<String>,
        /// The name of the policy.
        preheat_policy_name: Path<String>,
        /// The page number; 0 is 1.
        #[oai(default = "first_page", validator(minimum(value = "0")))]
        page: Query<i64>,
        /// The size of a page; 0: up to 1,000 rows.
        #[oai(default = "usual_page_size", validator(minimum(value = "0"), maximum(value = "100")))]
        page_size: Query<i64>,
        /// Conditions: `k=v`, `k=~v` (contains), `k=[min~max]`, `k={a b}` (one of), separated by commas.
        q: Query<Option<String>>,
        /// Fields to sort by, separated by commas; `-` before one turns it around.
        sort: Query<Option<String>>,
    ) -> Result<Listed<Model>, ApiError> {
        let project = access::reader(&auth, &state, &project_name.0).await?;
        let policy = policies::find(&state, &project, &preheat_policy_name.0).await?;
        let asked = Asked { uri, page: page.0, page_size: page_size.0, q: q.0, sort: sort.0 };
        let listing = asked.read(COLUMNS)?;
        let executions = state.store.executions();
        let found = executions.search(policy.id, &listing.search, listing.limit(), listing.offset()).await?;
        Ok(listing.answer(found, |execution| Model::of(&execution, &policy)))
    }

    /// Get an execution
    #[oai(
        path = "/projects/:project_name/preheat/policies/:preheat_policy_name/executions/:execution_id",
        method = "get",
        operation_id = "GetExecution"
    )]
    async fn get(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// The name of the project.
        project_name: Path<String>,
        /// The name of the policy.
        preheat_policy_name: Path<String>,
        /// Id of the execution.
        execution_id: Path<i64>,
    ) -> Result<Json<Model>, ApiError> {
        let project = access::reader(&auth, &state, &project_name.0).await?;
        let policy = policies::find(&state, &project, &preheat_policy_name.0).await?;
        let execution = find(&state, &policy, execution_id.0).await?;
        Ok(Json(Model::of(&execution, &policy)))
    }

    /// Stop an execution
    ///
    /// The body must have the status `Stopped`. One that has ended stays as it is.
    #[oai(
        path = "/projects/:project_name/preheat/policies/:preheat_policy_name/executions/:execution_id",
        method = "patch",
        operation_id = "StopExecution"
    )]
    async fn stop(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// The name of the project.
        project_name: Path<String>,
        /// The name of the policy.
        preheat_policy_name: Path<String>,
        /// Id of the execution.
        execution_id: Path<i64>,
        body: Body<Model>,
    ) -> Result<Done, ApiError> {
        let project = access::changer(&auth, &state, &project_name.0).await?;
        let policy = policies::find(&state, &project, &preheat_policy_name.0).await?;
        let execution = find(&state, &policy, execution_id.0).await?;
        if body.0.status.as_deref() != Some("Stopped") {
            return Err(ApiError::bad_request(
                "status: must be 'Stopped', the only one that can be asked for",
            ));
        }
        match auth.store(&state).executions().stop(execution.id).await? {
            Change::Done | Change::Refused(_) => Ok(Done::Empty),
            Change::NotFound => Err(errors::not_found(format!("execution {}", execution.id))),
        }
    }
}

/// The execution with this id, if it is one of the policy.
pub async fn find(state: &ApiState, policy: &Policy, id: i64) -> Result<Execution, ApiError> {
    let found = state.store.executions().of_policy(policy.id, id).await?;
    found.ok_or_else(|| errors::not_found(format!("execution {id}")))
}

impl Model {
    fn of(execution: &Execution, policy: &Policy) -> Self {
        let (word, setting) = started(&execution.trigger, &policy.trigger);
        let extra_attrs = [
            ("totalCount".to_owned(), json!(execution.counts.total())),
            ("trigger".to_owned(), json!(word)),
            ("triggerSetting".to_owned(), json!(setting)),
        ];
        Self {
            id: Some(execution.id),
            vendor_type: Some(VENDOR_TYPE.to_owned()),
            vendor_id: Some(policy.id),
            status: Some(word_of(execution.status).to_owned()),
            status_message: filled(message(execution)),
            metrics: Some(execution.counts.into()),
            trigger: Some(word.to_owned()),
            extra_attrs: Some(extra_attrs.into()),
            // To Harbor an execution has started when it is there.
            start_time: Some(time::seconds(Some(execution.created_at))),
            end_time: Some(time::seconds(execution.ended_at)),
        }
    }
}

/// Harbor's words where nothing matched, and then ours, which say why.
fn message(execution: &Execution) -> String {
    if execution.status == Status::Success && execution.counts.total() == 0 {
        return format!("no artifacts to preheat: {}", execution.message);
    }
    execution.message.clone()
}

/// Harbor's word for what started an execution, and the cron expression if it was a schedule.
fn started(start: &str, trigger: &Trigger) -> (&'static str, String) {
    let none = "-".to_owned();
    match (start, trigger) {
        ("schedule", Trigger::Schedule(schedule)) => ("scheduled", trigger::cron_with_zone(schedule)),
        ("schedule", _) => ("scheduled", none),
        ("event", _) => ("event_based", none),
        _ => ("manual", none),
    }
}

/// Harbor knows no waiting executions.
fn word_of(status: Status) -> &'static str {
    match status {
        Status::Pending | Status::Running => "Running",
        Status::Success => "Success",
        Status::Error => "Error",
        Status::Stopped => "Stopped",
    }
}

impl From<Counts> for Metrics {
    fn from(counts: Counts) -> Self {
        let told = |count: i64| (count > 0).then_some(count);
        Self {
            task_count: told(counts.total()),
            success_task_count: told(counts.success),
            error_task_count: told(counts.error),
            pending_task_count: told(counts.pending),
            running_task_count: told(counts.running),
            scheduled_task_count: None,
            stopped_task_count: told(counts.stopped),
        }
    }
}

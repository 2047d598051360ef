//! Executions: runs of policies and of ad-hoc preheats.

use chrono::{DateTime, Utc};
use forewarm_domain::execution::{Counts, Execution};
use forewarm_domain::status::Status;
use forewarm_store::executions::{Change, ExecutionFilter};
use forewarm_store::listing::Page;
use poem::http::Uri;
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use crate::answers::{Created, Listed, location};
use crate::auth::{Auth, Need};
use crate::error::ApiError;
use crate::paging::{Paging, first_page, usual_page_size};
use crate::state::ApiState;
use crate::tags::Tag;

pub struct Api;

/// One run of a policy, or of an ad-hoc preheat.
#[derive(Object)]
#[oai(rename = "Execution", skip_serializing_if_is_none)]
pub struct ExecutionView {
    id: i64,
    /// Name of the policy when it started; absent for an ad-hoc preheat.
    policy: Option<String>,
    /// Name of the project when it started; absent for an ad-hoc preheat.
    project: Option<String>,
    /// What started it: `manual`, `schedule` or `event`.
    trigger: String,
    /// The time of the schedule that it was started for; absent unless a schedule did.
    scheduled_for: Option<DateTime<Utc>>,
    /// Id of the event that it was started for; absent unless an event did.
    event: Option<i64>,
    status: StatusWord,
    /// What a person should know about it; empty while there is nothing to say.
    message: String,
    /// What is allowed but probably not wanted.
    warnings: Vec<String>,
    /// Whether all its tasks are known; until then the counts still grow.
    expanded: bool,
    counts: CountsView,
    /// Share of successes among the finished tasks in percent; absent before the first has finished.
    success_rate: Option<f64>,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    /// From its start to its end; absent before the end.
    duration_seconds: Option<f64>,
}

/// Number of tasks by status.
#[derive(Object)]
#[oai(rename = "Counts")]
struct CountsView {
    total: i64,
    pending: i64,
    running: i64,
    success: i64,
    error: i64,
    stopped: i64,
}

/// How far it has come. `success`, `error` and `stopped` are final until a retry.
#[derive(Enum, Debug, Clone, Copy)]
#[oai(rename = "Status", rename_all = "snake_case")]
pub enum StatusWord {
    Pending,
    Running,
    Success,
    Error,
    Stopped,
}

/// Order of executions; newest first if nothing is said.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
enum ExecutionSort {
    #[oai(rename = "created_at")]
    Created,
    #[oai(rename = "-created_at")]
    CreatedDescending,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Executions")]
impl Api {
    /// List executions
    #[allow(clippy::too_many_arguments)] // one for each part of the request
    #[oai(path = "/executions", method = "get", operation_id = "ListExecutions")]
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
        /// Name of the project.
        project: Query<Option<String>>,
        /// Name of the policy.
        policy: Query<Option<String>>,
        status: Query<Option<StatusWord>>,
        /// `manual`, `schedule` or `event`.
        trigger: Query<Option<String>>,
        /// Created at this time or later.
        since: Query<Option<DateTime<Utc>>>,
        /// Created before this time.
        until: Query<Option<DateTime<Utc>>>,
        sort: Query<Option<ExecutionSort>>,
    ) -> Result<Listed<ExecutionView>, ApiError> {
        let paging = Paging { uri, page: page.0, page_size: page_size.0 };
        let filter = ExecutionFilter {
            policy: policy.0,
            project: project.0,
            status: status.0.map(Status::from),
            trigger: trigger.0,
            since: since.0,
            until: until.0,
            reach: auth.reach(),
            oldest_first: sort.0 == Some(ExecutionSort::Created),
        };
        let executions = state.store.executions();
        let (items, total) = executions.list(&filter, paging.page_size, paging.offset()).await?;
        Ok(paging.answer(Page { items, total }, ExecutionView::from))
    }

    /// Get an execution
    #[oai(path = "/executions/:execution", method = "get", operation_id = "GetExecution")]
    async fn get(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Id of the execution.
        execution: Path<i64>,
    ) -> Result<Json<ExecutionView>, ApiError> {
        Ok(Json(find(&state, &auth, Need::See, execution.0).await?.into()))
    }

    /// Stop an execution
    ///
    /// Waiting tasks stop at once. Running ones are no longer tracked; their engines may go on with them.
    #[oai(path = "/executions/:execution/stop", method = "post", operation_id = "StopExecution")]
    async fn stop(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Id of the execution.
        execution: Path<i64>,
    ) -> Result<Json<ExecutionView>, ApiError> {
        find(&state, &auth, Need::Change, execution.0).await?;
        let change = auth.store(&state).executions().stop(execution.0).await?;
        changed(&state, execution.0, change, "stopped").await
    }

    /// Run the failed and stopped tasks of an execution again
    #[oai(path = "/executions/:execution/retry", method = "post", operation_id = "RetryExecution")]
    async fn retry(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Id of the execution.
        execution: Path<i64>,
    ) -> Result<Json<ExecutionView>, ApiError> {
        find(&state, &auth, Need::Change, execution.0).await?;
        let change = auth.store(&state).executions().retry(execution.0).await?;
        changed(&state, execution.0, change, "retried").await
    }
}

/// The execution with this id, if the caller may do that with it.
pub async fn find(state: &ApiState, auth: &Auth, need: Need, id: i64) -> Result<Execution, ApiError> {
    let found = state.store.executions().get(id).await?;
    let execution = found.ok_or_else(|| auth.missing(format!("execution {id}")))?;
    auth.may(need, execution.project_id, format!("execution {id}"))?;
    Ok(execution)
}

/// The same for who was let in before.
pub async fn read(state: &ApiState, id: i64) -> Result<Execution, ApiError> {
    let found = state.store.executions().get(id).await?;
    found.ok_or_else(|| ApiError::not_found(format!("execution {id}")))
}

/// The answer to a request that started an execution.
pub fn created(execution: Execution) -> Created<ExecutionView> {
    let address = location(&["api", "v1", "executions", &execution.id.to_string()]);
    Created::At(Json(execution.into()), address)
}

async fn changed(
    state: &ApiState,
    id: i64,
    change: Change,
    wish: &str,
) -> Result<Json<ExecutionView>, ApiError> {
    match change {
        Change::Done => Ok(Json(read(state, id).await?.into())),
        Change::NotFound => Err(ApiError::not_found(format!("execution {id}"))),
        Change::Refused(status) => {
            Err(ApiError::conflict(format!("execution {id} is in status {status} and cannot be {wish}")))
        }
    }
}

impl From<Execution> for ExecutionView {
    fn from(execution: Execution) -> Self {
        let (start, end) = (execution.started_at, execution.ended_at);
        let duration = start.zip(end).map(|(start, end)| end - start);
        Self {
            id: execution.id,
            policy: execution.policy,
            project: execution.project,
            trigger: execution.trigger,
            scheduled_for: execution.scheduled_for,
            event: execution.event_id,
            status: execution.status.into(),
            message: execution.message,
            warnings: execution.warnings,
            expanded: execution.expanded,
            counts: execution.counts.into(),
            success_rate: execution.counts.success_rate(),
            created_at: execution.created_at,
            started_at: start,
            ended_at: end,
            duration_seconds: duration.map(|duration| duration.num_milliseconds() as f64 / 1000.0),
        }
    }
}

impl From<Counts> for CountsView {
    fn from(counts: Counts) -> Self {
        Self {
            total: counts.total(),
            pending: counts.pending,
            running: counts.running,
            success: counts.success,
            error: counts.error,
            stopped: counts.stopped,
        }
    }
}

impl From<Status> for StatusWord {
    fn from(status: Status) -> Self {
        match status {
            Status::Pending => Self::Pending,
            Status::Running => Self::Running,
            Status::Success => Self::Success,
            Status::Error => Self::Error,
            Status::Stopped => Self::Stopped,
        }
    }
}

impl From<StatusWord> for Status {
    fn from(word: StatusWord) -> Self {
        match word {
            StatusWord::Pending => Self::Pending,
            StatusWord::Running => Self::Running,
            StatusWord::Success => Self::Success,
            StatusWord::Error => Self::Error,
            StatusWord::Stopped => Self::Stopped,
        }
    }
}

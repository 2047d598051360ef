//! Tasks of an execution, and their logs.

use std::collections::BTreeMap;

use chrono::SecondsFormat;
use forewarm_domain::execution::Execution;
use forewarm_domain::harbor::time;
use forewarm_domain::status::Status;
use forewarm_domain::task::{Target, Task};
use forewarm_store::task_logs::LogLine;
use forewarm_store::tasks::search::COLUMNS;
use poem::http::Uri;
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::{Object, OpenApi};
use serde_json::{Value, json};

use super::answers::Listed;
use super::instances::types::filled;
use super::lists::{Asked, first_page, usual_page_size};
use super::{access, errors, executions, policies};
use crate::auth::Auth;
use crate::error::ApiError;
use crate::state::ApiState;
use crate::tags::HarborTag;
use crate::task_logs::LogText;

pub struct Api;

/// One image on one instance.
#[derive(Object)]
#[oai(rename = "Task", skip_serializing_if_is_none)]
struct Model {
    id: Option<i64>,
    execution_id: Option<i64>,
    /// `Pending`, `Running`, `Success`, `Error` or `Stopped`
    status: Option<String>,
    status_message: Option<String>,
    /// How often it was tried.
    run_count: Option<i32>,
    /// `artifact`, `digest`, `kind`, and what Harbor has not: `instance` and, where it is known, `platform`.
    extra_attrs: Option<BTreeMap<String, Value>>,
    creation_time: Option<String>,
    update_time: Option<String>,
    /// 0001-01-01T00:00:00Z before the start.
    start_time: Option<String>,
    /// 0001-01-01T00:00:00Z before the end.
    end_time: Option<String>,
}

#[OpenApi(prefix_path = "/api/v2.0", tag = "HarborTag::Preheat")]
impl Api {
    /// List tasks of an execution
    #[allow(clippy::too_many_arguments)] // one for each part of the request
    #[oai(
        path = "/projects/:project_name/preheat/policies/:preheat_policy_name/executions/:execution_id/tasks",
        method = "get",
        operation_id = "ListTasks"
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
        /// Id of the execution.
        execution_id: Path<i64>,
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
        let execution =
            find_execution(&auth, &state, &project_name.0, &preheat_policy_name.0, execution_id.0).await?;
        let asked = Asked { uri, page: page.0, page_size: page_size.0, q: q.0, sort: sort.0 };
        let listing = asked.read(COLUMNS)?;
        let tasks = state.store.tasks();
        let found = tasks.search(execution.id, &listing.search, listing.limit(), listing.offset()).await?;
        Ok(listing.answer(found, Model::from))
    }

    /// Read the log of a task
    ///
    /// One line each: the time, the level in brackets, the attempt in brackets, a colon, what happened.
    #[allow(clippy::too_many_arguments)] // one for each part of the request
    #[oai(
        path = "/projects/:project_name/preheat/policies/:preheat_policy_name/executions/:execution_id/tasks/:task_id/logs",
        method = "get",
        operation_id = "GetPreheatLog"
    )]
    async fn log(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// The name of the project.
        project_name: Path<String>,
        /// The name of the policy.
        preheat_policy_name: Path<String>,
        /// Id of the execution.
        execution_id: Path<i64>,
        /// Id of the task.
        task_id: Path<i64>,
    ) -> Result<LogText, ApiError> {
        let execution =
            find_execution(&auth, &state, &project_name.0, &preheat_policy_name.0, execution_id.0).await?;
        let task = state.store.tasks().get(task_id.0).await?;
        let task = task.filter(|task| task.execution_id == execution.id);
        let task = task.ok_or_else(|| errors::not_found(format!("task {}", task_id.0)))?;
        if state.store.task_log(task.id, 0, 1).await?.is_empty() {
            return Err(errors::not_found(format!("log of task {}", task.id)));
        }
        Ok(LogText::of(state.clone(), task.id, render))
    }
}

async fn find_execution(
    auth: &Auth,
    state: &ApiState,
    project: &str,
    policy: &str,
    id: i64,
) -> Result<Execution, ApiError> {
    let project = access::reader(auth, state, project).await?;
    let policy = policies::find(state, &project, policy).await?;
    executions::find(state, &policy, id).await
}

/// A line as Harbor's tasks write it (Harbor 2.16, `jobservice/logger`), with the attempt in the place of a source file.
fn render(line: &LogLine) -> String {
    let at = line.at.to_rfc3339_opts(SecondsFormat::Secs, true);
    format!("{at} [{}] [attempt {}]: {}\n", line.level.to_uppercase(), line.attempt, line.message)
}

impl From<Task> for Model {
    fn from(task: Task) -> Self {
        let touched = task.ended_at.or(task.started_at).unwrap_or(task.created_at);
        Self {
            id: Some(task.id),
            execution_id: Some(task.execution_id),
            status: Some(word_of(task.status).to_owned()),
            run_count: (task.attempt > 0).then_some(task.attempt),
            extra_attrs: Some(attributes(&task)),
            status_message: filled(task.message),
            creation_time: Some(time::seconds(Some(task.created_at))),
            update_time: Some(time::seconds(Some(touched))),
            start_time: Some(time::seconds(task.started_at)),
            end_time: Some(time::seconds(task.ended_at)),
        }
    }
}

fn attributes(task: &Task) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::from([("instance".to_owned(), json!(task.instance))]);
    match &task.target {
        Target::Image(image) => {
            let artifact = match image.tags.as_slice() {
                [] => format!("{}@{}", image.repository, image.digest),
                tags => format!("{}:{}", image.repository, tags.join(",")),
            };
            all.insert("artifact".to_owned(), json!(artifact));
            all.insert("digest".to_owned(), json!(image.digest.to_string()));
            all.insert("kind".to_owned(), json!("image"));
            if let Some(platform) = &image.platform {
                all.insert("platform".to_owned(), json!(platform.to_string()));
            }
        }
        Target::Files { .. } => {
            all.insert("kind".to_owned(), json!("file"));
        }
    }
    all
}

fn word_of(status: Status) -> &'static str {
    match status {
        Status::Pending => "Pending",
        Status::Running => "Running",
        Status::Success => "Success",
        Status::Error => "Error",
        Status::Stopped => "Stopped",
    }
}

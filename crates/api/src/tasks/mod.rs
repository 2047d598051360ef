//! Tasks: one manifest, or one set of files, on one instance.

mod types;

use forewarm_domain::status::Status;
use forewarm_domain::task::Task;
use forewarm_store::listing::Page;
use poem::http::Uri;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;

use self::types::View;
use crate::answers::Listed;
use crate::auth::{Auth, Need};
use crate::error::ApiError;
use crate::executions::{self, StatusWord};
use crate::paging::{Paging, first_page, usual_page_size};
use crate::state::ApiState;
use crate::tags::Tag;

pub struct Api;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Tasks")]
impl Api {
    /// List tasks of an execution
    #[allow(clippy::too_many_arguments)] // one for each part of the request
    #[oai(path = "/executions/:execution/tasks", method = "get", operation_id = "ListTasks")]
    async fn list(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        uri: &Uri,
        /// Id of the execution.
        execution: Path<i64>,
        /// Number of the page, from 1.
        #[oai(default = "first_page", validator(minimum(value = "1")))]
        page: Query<i64>,
        /// How many on a page.
        #[oai(default = "usual_page_size", validator(minimum(value = "1"), maximum(value = "100")))]
        page_size: Query<i64>,
        status: Query<Option<StatusWord>>,
    ) -> Result<Listed<View>, ApiError> {
        executions::find(&state, &auth, Need::See, execution.0).await?;
        let paging = Paging { uri, page: page.0, page_size: page_size.0 };
        let status = status.0.map(Status::from);
        let tasks = state.store.tasks();
        let (items, total) = tasks.list(execution.0, status, paging.page_size, paging.offset()).await?;
        Ok(paging.answer(Page { items, total }, View::from))
    }

    /// Get a task
    #[oai(path = "/tasks/:task", method = "get", operation_id = "GetTask")]
    async fn get(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Id of the task.
        task: Path<i64>,
    ) -> Result<Json<View>, ApiError> {
        Ok(Json(find(&state, &auth, task.0).await?.into()))
    }
}

/// The task with this id, if the caller may see it.
pub async fn find(state: &ApiState, auth: &Auth, id: i64) -> Result<Task, ApiError> {
    let found = state.store.tasks().get(id).await?;
    let task = found.ok_or_else(|| auth.missing(format!("task {id}")))?;
    let execution = executions::read(state, task.execution_id).await?;
    auth.may(Need::See, execution.project_id, format!("task {id}"))?;
    Ok(task)
}

/// The same for who was let in before.
pub async fn read(state: &ApiState, id: i64) -> Result<Task, ApiError> {
    let found = state.store.tasks().get(id).await?;
    found.ok_or_else(|| ApiError::not_found(format!("task {id}")))
}

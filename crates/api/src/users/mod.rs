//! Users: who may do what.

mod current;
mod types;

use forewarm_domain::user::User;
use forewarm_store::users::{UserDeleted, UserWritten};
use poem::http::Uri;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;

use self::types::{View, Write};
use crate::answers::{Created, Gone, Listed, location};
use crate::auth::Auth;
use crate::error::ApiError;
use crate::input::Input;
use crate::paging::{Paging, SortBy, first_page, usual_page_size};
use crate::state::ApiState;
use crate::tags::Tag;

pub use current::Api as CurrentApi;

pub struct Api;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Users")]
impl Api {
    /// List users
    #[allow(clippy::too_many_arguments)] // one for each part of the request
    #[oai(path = "/users", method = "get", operation_id = "ListUsers")]
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
        /// Only names that contain this text.
        q: Query<Option<String>>,
        sort: Query<Option<SortBy>>,
    ) -> Result<Listed<View>, ApiError> {
        auth.system_admin()?;
        let paging = Paging { uri, page: page.0, page_size: page_size.0 };
        let found = state.store.users().list(&paging.listing(q.0, sort.0)).await?;
        Ok(paging.answer(found, View::from))
    }

    /// Create a user
    #[oai(path = "/users", method = "post", operation_id = "CreateUser")]
    async fn create(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        body: Input<Write>,
    ) -> Result<Created<View>, ApiError> {
        auth.system_admin()?;
        let draft = body.0.draft(&state, None).await?;
        let user = written(auth.store(&state).users().create(&draft).await?, &draft.name)?;
        let at = location(&["api", "v1", "users", &user.name]);
        Ok(Created::At(Json(user.into()), at))
    }

    /// Get a user
    #[oai(path = "/users/:user", method = "get", operation_id = "GetUser")]
    async fn get(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the user.
        user: Path<String>,
    ) -> Result<Json<View>, ApiError> {
        auth.system(format!("user '{}'", user.0))?;
        Ok(Json(find(&state, &user.0).await?.into()))
    }

    /// Change a user
    ///
    /// The body replaces everything but a password that it leaves out. It holds from the next request on, for its
    /// tokens too. The last system administrator that is not disabled stays one.
    #[oai(path = "/users/:user", method = "put", operation_id = "UpdateUser")]
    async fn update(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the user.
        user: Path<String>,
        body: Input<Write>,
    ) -> Result<Json<View>, ApiError> {
        auth.system(format!("user '{}'", user.0))?;
        let current = find(&state, &user.0).await?;
        let draft = body.0.draft(&state, Some(&current)).await?;
        let outcome = auth.store(&state).users().update(current.id, &draft).await?;
        Ok(Json(written(outcome, &draft.name)?.into()))
    }

    /// Delete a user and its API tokens
    #[oai(path = "/users/:user", method = "delete", operation_id = "DeleteUser")]
    async fn delete(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the user.
        user: Path<String>,
    ) -> Result<Gone, ApiError> {
        auth.system(format!("user '{}'", user.0))?;
        let current = find(&state, &user.0).await?;
        match auth.store(&state).users().delete(current.id).await? {
            UserDeleted::Done => Ok(Gone::Deleted),
            UserDeleted::Missing => Err(ApiError::not_found(format!("user '{}'", user.0))),
            UserDeleted::LastAdmin => Err(last_admin()),
        }
    }
}

async fn find(state: &ApiState, name: &str) -> Result<User, ApiError> {
    let found = state.store.users().get(name).await?;
    found.ok_or_else(|| ApiError::not_found(format!("user '{name}'")))
}

fn written(outcome: UserWritten, name: &str) -> Result<User, ApiError> {
    match outcome {
        UserWritten::Done(user) => Ok(user),
        UserWritten::NameTaken => Err(ApiError::conflict(format!("name: '{name}' is taken"))),
        UserWritten::Gone => {
            Err(ApiError::conflict("something that this names was deleted at the same time; look again"))
        }
        UserWritten::LastAdmin => Err(last_admin()),
    }
}

fn last_admin() -> ApiError {
    ApiError::conflict("nobody would be left with the role system_admin; give it to another user first")
}

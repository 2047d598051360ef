//! API tokens: what machines introduce themselves with.

mod types;

use forewarm_domain::token::Token;
use forewarm_store::tokens::{TokenText, TokenWritten};
use poem::http::Uri;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;

use self::types::{Made, View, Write};
use crate::answers::{Created, Gone, Listed, location};
use crate::auth::{Auth, Kind};
use crate::error::ApiError;
use crate::input::Input;
use crate::paging::{Paging, first_page, usual_page_size};
use crate::state::ApiState;
use crate::tags::Tag;

pub struct Api;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Tokens")]
impl Api {
    /// List API tokens
    ///
    /// One's own; system administrators see those of everybody.
    #[allow(clippy::too_many_arguments)] // one for each part of the request
    #[oai(path = "/tokens", method = "get", operation_id = "ListTokens")]
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
    ) -> Result<Listed<View>, ApiError> {
        let owner = match auth.system_admin() {
            Ok(()) => None,
            // An identity of an issuer has no tokens, and 0 is nobody's id.
            Err(_) => Some(auth.caller.user_id.unwrap_or_default()),
        };
        let paging = Paging { uri, page: page.0, page_size: page_size.0 };
        let found = state.store.tokens().list(owner, &paging.listing(q.0, None)).await?;
        Ok(paging.answer(found, View::from))
    }

    /// Make an API token
    ///
    /// It belongs to whoever asks, and never opens more than is open to them. Its text is in this answer and nowhere
    /// else. It is used as `Authorization: Bearer …`, or as the password of Basic.
    #[oai(path = "/tokens", method = "post", operation_id = "CreateToken")]
    async fn create(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        body: Input<Write>,
    ) -> Result<Created<Made>, ApiError> {
        let Some(user_id) = auth.caller.user_id else {
            return Err(ApiError::forbidden("only users have API tokens"));
        };
        by_its_user(&auth)?;
        let draft = body.0.draft(&state, &auth, user_id).await?;
        let text = TokenText::generate();
        let token = match auth.store(&state).tokens().create(&draft, &text).await? {
            TokenWritten::Done(token) => token,
            TokenWritten::NameTaken => {
                return Err(ApiError::conflict(format!("name: you have a token '{}' already", draft.name)));
            }
            TokenWritten::Gone => {
                return Err(ApiError::conflict("something that this names was deleted at the same time"));
            }
        };
        let at = location(&["api", "v1", "tokens", &token.id.to_string()]);
        Ok(Created::At(Json(Made { token: token.into(), secret: text.expose().to_owned() }), at))
    }

    /// Get an API token
    ///
    /// Without its text, which nobody has but whoever made it.
    #[oai(path = "/tokens/:token", method = "get", operation_id = "GetToken")]
    async fn get(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Id of the token.
        token: Path<i64>,
    ) -> Result<Json<View>, ApiError> {
        Ok(Json(find(&state, &auth, token.0).await?.into()))
    }

    /// Revoke an API token
    #[oai(path = "/tokens/:token", method = "delete", operation_id = "RevokeToken")]
    async fn revoke(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Id of the token.
        token: Path<i64>,
    ) -> Result<Gone, ApiError> {
        find(&state, &auth, token.0).await?;
        by_its_user(&auth)?;
        match auth.store(&state).tokens().delete(token.0).await? {
            true => Ok(Gone::Deleted),
            false => Err(ApiError::not_found(format!("token {}", token.0))),
        }
    }
}

/// A token that leaked must not make others that outlive it, nor revoke those that it does not know.
fn by_its_user(auth: &Auth) -> Result<(), ApiError> {
    if !matches!(auth.caller.kind, Kind::Token(_)) || auth.system_admin().is_ok() {
        return Ok(());
    }
    Err(ApiError::forbidden(
        "tokens are made and revoked by who comes with a password, or has the role system_admin",
    ))
}

/// One's own; that of another does not exist, but for system administrators.
async fn find(state: &ApiState, auth: &Auth, id: i64) -> Result<Token, ApiError> {
    let found = state.store.tokens().by_id(id).await?;
    let own = found.filter(|token| auth.caller.user_id == Some(token.user_id) || auth.system_admin().is_ok());
    own.ok_or_else(|| auth.missing(format!("token {id}")))
}

//! Whoever asks: what they may do, and their password.

use forewarm_domain::Secret;
use poem::web::Data;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::types::check_password;
use crate::answers::Gone;
use crate::auth::{Auth, Kind};
use crate::error::ApiError;
use crate::grants::GrantObject;
use crate::input::Input;
use crate::state::ApiState;
use crate::tags::Tag;

pub struct Api;

/// Whoever asks.
#[derive(Object)]
#[oai(rename = "CurrentUser", skip_serializing_if_is_none)]
struct View {
    /// Of the user, also where it came with one of its tokens; of an identity `oidc:` and what its issuer calls it.
    name: String,
    /// What it came with: `password`, `token` or `identity`.
    came_with: String,
    /// Name of the token; absent without one.
    token: Option<String>,
    /// What it may do, with the limits of the token.
    grants: Vec<GrantObject>,
}

/// Another password for oneself.
#[derive(Object)]
#[oai(rename = "PasswordWrite")]
struct Write {
    /// The password of now.
    #[oai(validator(max_length = 256))]
    current: String,
    /// The one to come: 12 to 256 characters.
    #[oai(validator(max_length = 256))]
    new: String,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Users")]
impl Api {
    /// Tell who I am and what I may do
    #[oai(path = "/users/current", method = "get", operation_id = "GetCurrentUser")]
    async fn get(&self, auth: Auth, state: Data<&ApiState>) -> Result<Json<View>, ApiError> {
        let rights = &auth.caller.rights;
        let names = state.store.projects().names(rights.reach().ids().unwrap_or_default()).await?;
        let grants = rights.grants(&names);
        let (came_with, token) = match auth.caller.kind {
            Kind::User => ("password", None),
            Kind::Token(name) => ("token", Some(name)),
            Kind::Identity => ("identity", None),
        };
        Ok(Json(View {
            name: auth.caller.name,
            came_with: came_with.to_owned(),
            token,
            grants: grants.iter().map(GrantObject::from).collect(),
        }))
    }

    /// Change my password
    ///
    /// It holds from the next request on. Tokens stay as they are.
    #[oai(path = "/users/current/password", method = "put", operation_id = "ChangePassword")]
    async fn change_password(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        body: Input<Write>,
    ) -> Result<Gone, ApiError> {
        // A token that leaked must not lock its user out.
        if auth.caller.kind != Kind::User {
            return Err(ApiError::forbidden("a password is changed by who comes with the password of now"));
        }
        check_password("new", &body.0.new)?;
        let name = &auth.caller.name;
        let given = Secret::new(&body.0.current);
        let address = auth.caller.address.map(|address| address.to_string());
        state.gate.may_try(address.as_deref(), Some(name))?;
        if state.store.users().verify(name, &given).await?.is_none() {
            state.gate.note_failure(address.as_deref(), Some(name));
            return Err(ApiError::bad_request("current: is not the password of now"));
        }
        auth.store(&state).users().set_password(name, &Secret::new(&body.0.new)).await?;
        Ok(Gone::Deleted)
    }
}

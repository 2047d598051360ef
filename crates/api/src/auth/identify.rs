//! From a request's header to somebody with rights.

use std::net::IpAddr;
use std::time::Instant;

use forewarm_domain::Secret;
use forewarm_domain::user::User;
use forewarm_store::tokens::TokenText;
use poem::Request;
use poem::http::StatusCode;

use super::caller::{Caller, Kind};
use super::credentials::Credentials;
use super::oidc::{PAUSE_AFTER_FAILURE, Refusal};
use crate::error::ApiError;
use crate::layers::{ClientAddress, RequestId};
use crate::state::ApiState;

/// Who is asking; the error is an answer: 401, 429, or 503.
pub async fn identify(request: &Request, state: &ApiState) -> Result<Caller, ApiError> {
    let asking = Asking::of(request, state);
    let caller = match Credentials::of(request) {
        None => {
            return Err(unauthorized("this needs credentials: a user's name and password, or an API token"));
        }
        Some(Credentials::Password { name, password }) => asking.with_password(&name, &password).await?,
        Some(Credentials::Token(text)) => asking.with_token(&text).await?,
        Some(Credentials::Jwt(token)) => asking.with_jwt(&token).await?,
        Some(Credentials::Unreadable) => return Err(asking.refuse(None)),
    };
    state.gate.may_ask(&caller.key())?;
    Ok(caller)
}

struct Asking<'a> {
    state: &'a ApiState,
    address: Option<IpAddr>,
    request_id: String,
}

impl<'a> Asking<'a> {
    fn of(request: &Request, state: &'a ApiState) -> Self {
        let id = request.extensions().get::<RequestId>();
        Self {
            state,
            address: request.extensions().get::<ClientAddress>().map(|client| client.0),
            request_id: id.map(|id| id.0.clone()).unwrap_or_default(),
        }
    }

    async fn with_password(&self, name: &str, password: &Secret) -> Result<Caller, ApiError> {
        if let Some(user) = self.remembered(name, password).await? {
            return Ok(self.caller(Kind::User, &user));
        }
        self.may_try(Some(name))?;
        let found = self.state.store.users().verify(name, password).await?;
        let Some(user) = found.filter(|user| !user.disabled) else {
            return Err(self.refuse(Some(name)));
        };
        let verified = self.state.gate.verified();
        verified.remember(name, password, (user.id, user.changed), Instant::now());
        Ok(self.caller(Kind::User, &user))
    }

    /// The user that was verified with these a moment ago and has not changed since.
    async fn remembered(&self, name: &str, password: &Secret) -> Result<Option<User>, ApiError> {
        let verified = self.state.gate.verified();
        let Some((id, changed)) = verified.find(name, password, Instant::now()) else {
            return Ok(None);
        };
        let user = self.state.store.users().by_id(id).await?;
        let unchanged = user.filter(|user| user.changed == changed && !user.disabled);
        if unchanged.is_none() {
            verified.forget(name, password);
        }
        Ok(unchanged)
    }

    async fn with_token(&self, text: &TokenText) -> Result<Caller, ApiError> {
        self.may_try(None)?;
        let found = self.state.store.tokens().bearer(text).await?;
        let Some(bearer) = found.filter(|bearer| !bearer.user.disabled) else {
            return Err(self.refuse(None));
        };
        let rights = bearer.token.rights(&bearer.user);
        let caller = self.caller(Kind::Token(bearer.token.name), &bearer.user);
        Ok(Caller { rights, ..caller })
    }

    async fn with_jwt(&self, token: &Secret) -> Result<Caller, ApiError> {
        self.may_try(None)?;
        let Some(oidc) = &self.state.oidc else {
            return Err(self.refuse(None));
        };
        let identity = match oidc.verify(token).await {
            Ok(identity) => identity,
            Err(Refusal::Unreachable(why)) => return Err(no_keys(&why)),
            Err(refusal) => return Err(self.refuse_because(None, Some(&refusal))),
        };
        Ok(Caller {
            kind: Kind::Identity,
            rights: identity.rights(&self.state.store).await?,
            name: identity.name,
            user_id: None,
            address: self.address,
            request_id: self.request_id.clone(),
        })
    }

    fn caller(&self, kind: Kind, user: &User) -> Caller {
        Caller {
            kind,
            name: user.name.clone(),
            user_id: Some(user.id),
            rights: user.rights(),
            address: self.address,
            request_id: self.request_id.clone(),
        }
    }

    fn may_try(&self, name: Option<&str>) -> Result<(), ApiError> {
        let address = self.address.map(|address| address.to_string());
        self.state.gate.may_try(address.as_deref(), name)
    }

    /// Says nothing about which half was wrong.
    fn refuse(&self, name: Option<&str>) -> ApiError {
        self.refuse_because(name, None)
    }

    /// Only the log is told why.
    fn refuse_because(&self, name: Option<&str>, refusal: Option<&Refusal>) -> ApiError {
        let address = self.address.map(|address| address.to_string());
        self.state.gate.note_failure(address.as_deref(), name);
        let reason = refusal.map(ToString::to_string);
        tracing::warn!(address, name, reason, "somebody came with wrong credentials");
        unauthorized("these credentials are not valid: unknown, wrong, expired, revoked or disabled")
    }
}

/// The token may be good: we could not look.
fn no_keys(why: &str) -> ApiError {
    let message =
        "the issuer of tokens (OpenID Connect) cannot be asked for its keys; try again in a few seconds";
    ApiError {
        cause: Some(why.to_owned()),
        retry_after: Some(PAUSE_AFTER_FAILURE),
        ..ApiError::new(StatusCode::SERVICE_UNAVAILABLE, message)
    }
}

fn unauthorized(message: &str) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, message)
}

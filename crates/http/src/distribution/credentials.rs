//! Tells the server who asks: answers its challenges, with a token or a name and password.

use std::sync::{MutexGuard, PoisonError};

use forewarm_domain::Secret;
use forewarm_domain::auth::Auth;
use reqwest::header::AUTHORIZATION;
use reqwest::{Method, StatusCode};
use url::Url;

use super::answer::{Answer, quote};
use super::challenge::Challenge;
use super::exchange::Ask;
use super::token::Token;
use super::{JSON, Known, Session, realm};
use crate::authorize::basic;
use crate::{ErrorKind, HttpError};

/// The largest answer of a token server.
const TOKEN_LIMIT: usize = 64 * 1024;

/// What a token is wanted for.
enum Purpose<'a> {
    /// A request of our own.
    Request,
    /// A request of our own, after this value was refused.
    Instead(&'a Secret),
    /// Handing it on.
    Share,
}

impl Session {
    /// Sends a request with what the server is known to want, and once more when it turns out to want something else.
    pub(super) async fn answered(&self, ask: &Ask, scope: &str) -> Result<Answer, HttpError> {
        let known = self.before_asking().await?;
        let sent = self.value(&known, scope, &Purpose::Request).await?;
        let answer = self.patiently(ask, sent.as_ref()).await?;
        if answer.status() != StatusCode::UNAUTHORIZED || !answer.at_home {
            return Ok(answer);
        }
        let Some(challenge) = Challenge::from_headers(answer.headers()) else {
            return Ok(answer);
        };
        self.learn_from(&known, &challenge);
        let purpose = sent.as_ref().map_or(Purpose::Request, Purpose::Instead);
        // The answer's slot would be held while the token server, perhaps the same host, is asked.
        let refused = answer.hold_no_slot();
        match self.value(&Known::Asks(challenge), scope, &purpose).await? {
            Some(value) if Some(&value) != sent.as_ref() => self.patiently(ask, Some(&value)).await,
            _ => Ok(refused),
        }
    }

    /// A server that asks nobody who they are may still show more to those who say so: with a name and password we find
    /// out first, and say so unasked. A registry that sends us to a token server from its `/v2/` never gets them.
    async fn before_asking(&self) -> Result<Known, HttpError> {
        match (self.auth(), self.remembered()) {
            (Auth::Basic { .. }, Known::Nothing) => match self.learn().await {
                // What it answers to the request itself tells more.
                Err(error) if matches!(error.kind, ErrorKind::Status(_)) => Ok(Known::Nothing),
                learnt => learnt,
            },
            (_, known) => Ok(known),
        }
    }

    /// A header value that can be handed on; None where nobody needs one.
    pub(super) async fn shareable(&self, scope: &str) -> Result<Option<Secret>, HttpError> {
        let known = match self.remembered() {
            Known::Nothing => self.learn().await?,
            known => known,
        };
        let value = self.value(&known, scope, &Purpose::Share).await?;
        match known {
            Known::Asks(Challenge::Basic) if value.is_none() => Err(self.nameless()),
            _ => Ok(value),
        }
    }

    /// Asks `/v2/` what the server wants.
    async fn learn(&self) -> Result<Known, HttpError> {
        let ask = Ask::new(Method::GET, self.url(""), JSON).without_redirects();
        let answer = self.patiently(&ask, None).await?;
        let known = match Challenge::from_headers(answer.headers()) {
            _ if answer.status().is_success() => Known::Open,
            // In trouble, or no registry: nothing was learnt.
            _ if answer.status() != StatusCode::UNAUTHORIZED => return Ok(Known::Nothing),
            Some(challenge) => Known::Asks(challenge.of_any_scope()),
            None => return Err(answer.into_error(self.clock()).await),
        };
        self.remember(known.clone());
        Ok(known)
    }

    /// Notes what a refusal asks for. A server that hands out tokens may ask for a password where a token was not good
    /// enough (Harbor does); that is worth one try, but what we hand on to engines stays a token.
    fn learn_from(&self, known: &Known, challenge: &Challenge) {
        let has_tokens = matches!(known, Known::Asks(Challenge::Bearer { .. }));
        if !has_tokens || *challenge != Challenge::Basic {
            self.remember(Known::Asks(challenge.clone().of_any_scope()));
        }
    }

    /// The `Authorization` header's value that answers what the server asks.
    async fn value(
        &self,
        known: &Known,
        scope: &str,
        purpose: &Purpose<'_>,
    ) -> Result<Option<Secret>, HttpError> {
        match (self.auth(), known) {
            (Auth::Bearer { token }, _) => Ok(Some(bearer(token))),
            (Auth::Header { name, value }, _) if name.eq_ignore_ascii_case(AUTHORIZATION.as_str()) => {
                // Our own requests carry it already.
                Ok(matches!(purpose, Purpose::Share).then(|| value.clone()))
            }
            (_, Known::Nothing) => Ok(None),
            (Auth::Basic { username, password }, Known::Open | Known::Asks(Challenge::Basic)) => {
                Ok(Some(basic(username, password)))
            }
            (_, Known::Open | Known::Asks(Challenge::Basic)) => Ok(None),
            (_, Known::Asks(challenge)) => {
                let token = self.token(challenge, scope, purpose).await?;
                Ok(Some(bearer(&token.secret)))
            }
        }
    }

    /// The scope's token: the kept one if it serves, else a new one.
    async fn token(
        &self,
        challenge: &Challenge,
        scope: &str,
        purpose: &Purpose<'_>,
    ) -> Result<Token, HttpError> {
        let place = self.shared.tokens.place(scope, self.clock().now());
        let mut kept = place.lock().await;
        let now = self.clock().now();
        let serves = |token: &&Token| match purpose {
            Purpose::Request => token.is_good(now),
            Purpose::Instead(refused) => bearer(&token.secret) != **refused && token.is_good(now),
            Purpose::Share => token.is_young(now),
        };
        if let Some(token) = kept.as_ref().filter(serves) {
            return Ok(token.clone());
        }
        // The scope that a refusal names is the server's own word for what we asked.
        let named = match (purpose, challenge) {
            (Purpose::Share, _) | (_, Challenge::Basic) => None,
            (_, Challenge::Bearer { scope, .. }) => scope.as_deref(),
        };
        let token = self.fetch_token(challenge, named.unwrap_or(scope)).await?;
        *kept = Some(token.clone());
        Ok(token)
    }

    async fn fetch_token(&self, challenge: &Challenge, scope: &str) -> Result<Token, HttpError> {
        let url = self.token_url(challenge, scope)?;
        let credentials = match self.auth() {
            Auth::Basic { username, password } => Some(basic(username, password)),
            _ => None,
        };
        let ask = Ask::new(Method::GET, url, JSON).without_redirects();
        let answer = self.patiently(&ask, credentials.as_ref()).await.map_err(|error| match error.kind {
            // Nobody configured that address, so whoever named it is named.
            ErrorKind::ForbiddenAddress => self.no_token(error),
            _ => error,
        })?;
        let answer = answer.success(self.clock()).await.map_err(|error| self.no_token(error))?;
        let body = answer.read(TOKEN_LIMIT).await?;
        Token::parse(&body, self.clock().now()).ok_or_else(|| {
            let place = crate::error::place(&ask.url);
            HttpError::new(ErrorKind::Protocol, format!("{place}: the token server's answer holds no token"))
        })
    }

    fn token_url(&self, challenge: &Challenge, scope: &str) -> Result<Url, HttpError> {
        let Challenge::Bearer { realm, service, .. } = challenge else {
            return Err(self.nameless());
        };
        let credentials = matches!(self.auth(), Auth::Basic { .. });
        let mut url = Url::parse(realm).map_err(|_| self.refuse_realm(realm, "it is no address"))?;
        realm::check(self.base(), &url, credentials).map_err(|why| self.refuse_realm(realm, why))?;
        {
            let mut query = url.query_pairs_mut();
            if let Some(service) = service {
                query.append_pair("service", service);
            }
            for scope in scope.split_whitespace() {
                query.append_pair("scope", scope);
            }
        }
        Ok(url)
    }

    fn refuse_realm(&self, realm: &str, why: &str) -> HttpError {
        let place = crate::error::place(self.base());
        let realm = quote(realm);
        HttpError::new(
            ErrorKind::Protocol,
            format!("{place}: its token server '{realm}' is not asked: {why}"),
        )
    }

    fn no_token(&self, mut error: HttpError) -> HttpError {
        let place = crate::error::place(self.base());
        error.message = format!("{place}: no token: {}", error.message);
        error
    }

    fn nameless(&self) -> HttpError {
        let place = crate::error::place(self.base());
        HttpError::new(
            ErrorKind::Status(401),
            format!("{place}: it asks for a user name and password, and none are configured"),
        )
    }

    pub(super) fn remembered(&self) -> Known {
        self.known().clone()
    }

    fn remember(&self, known: Known) {
        *self.known() = known;
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.shared.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn bearer(token: &Secret) -> Secret {
    Secret::new(format!("Bearer {}", token.expose()))
}

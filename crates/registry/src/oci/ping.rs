//! Finds out whether something is a registry, and whether it lets us in.

use forewarm_domain::auth::Auth;
use forewarm_http::distribution::{Answer, Session};
use forewarm_http::{ErrorKind, HttpError};

use super::explain::explain;
use crate::RegistryError;

/// How much of a body is read to see what it is.
const PEEK: usize = 64 * 1024;

/// Asks for `/v2/`, with credentials if it wants them.
pub(super) async fn ping(session: &Session) -> Result<String, RegistryError> {
    let asked = session.probe().await;
    let answer = asked.map_err(|error| explain(error, "the registry's /v2/"))?;
    match answer.status().as_u16() {
        200 => welcome(session, answer).await,
        401 if answer.header("www-authenticate").is_none() => {
            Err(stranger(session, "its /v2/ answers 401 and does not say how to sign in"))
        }
        401 | 403 => {
            let refused = answer.success(session.clock()).await.err();
            let refused = refused.unwrap_or_else(|| HttpError::new(ErrorKind::Status(401), "refused"));
            Err(explain(refused, refusal(session.auth())))
        }
        300..=399 => {
            let target = answer.header("location").unwrap_or("elsewhere");
            // A query may be a permission.
            let target: String = target.split('?').next().unwrap_or_default().chars().take(200).collect();
            Err(stranger(session, &format!("its /v2/ redirects to {target}")))
        }
        500..=599 => {
            let failed = answer.success(session.clock()).await;
            Err(failed.map_or_else(
                |error| explain(error, "the registry's /v2/"),
                |_| stranger(session, "its answer makes no sense"),
            ))
        }
        status => Err(stranger(session, &format!("its /v2/ answers {status}"))),
    }
}

async fn welcome(session: &Session, answer: Answer) -> Result<String, RegistryError> {
    let declared = answer
        .header("docker-distribution-api-version")
        .is_some_and(|version| version.starts_with("registry/2"));
    let kind = answer.media_type();
    if !declared {
        let body = answer.read(PEEK).await.unwrap_or_else(|_| b"too large".to_vec());
        let body = String::from_utf8_lossy(&body);
        // The specification asks for nothing but the status; these are the bodies that registries send.
        if kind.contains("html") || !matches!(body.trim(), "" | "{}" | "true" | "\"\"") {
            return Err(stranger(session, &format!("its /v2/ answers with {}", shape(&kind))));
        }
    }
    Ok(match session.auth() {
        Auth::None => "OCI registry, asked without credentials".to_owned(),
        Auth::Basic { username, .. } if session.was_asked() => format!("OCI registry, asked as {username}"),
        // Nothing shows whether it even looked at them.
        Auth::Basic { username, .. } => {
            format!(
                "OCI registry, asked as {username}, but it lets in everybody: the password is not proven right"
            )
        }
        Auth::Header { name, .. } if !name.eq_ignore_ascii_case("authorization") => format!(
            "OCI registry, asked with the header {name}, which is not handed to engines: where an engine reads from \
             this registry by itself, give it the header with the preheat"
        ),
        Auth::Bearer { .. } | Auth::Header { .. } => "OCI registry, asked with credentials".to_owned(),
    })
}

fn shape(media_type: &str) -> &str {
    match media_type {
        html if html.contains("html") => "a web page",
        "application/json" => "some other application's JSON",
        _ => "something else",
    }
}

fn refusal(auth: &Auth) -> &'static str {
    match auth {
        Auth::None => "the registry wants credentials, and none are configured",
        _ => "the registry refuses the credentials",
    }
}

fn stranger(session: &Session, why: &str) -> RegistryError {
    let place = forewarm_http::error::place(session.base());
    RegistryError::Lying(format!("{place} is not an OCI registry: {why}"))
}

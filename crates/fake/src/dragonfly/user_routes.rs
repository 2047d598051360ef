//! Signing in to the console's API, and making tokens there.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::routes::invalid;
use super::world::World;
use super::{Token, access};
use crate::clock::delta;
use crate::{Answer, Recorded};

const SESSION: Duration = Duration::from_secs(48 * 3600);

pub(crate) fn route(world: &mut World, request: &Recorded) -> Option<Answer> {
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/api/v1/users/signin") => Some(sign_in(world, request)),
        ("POST", "/api/v1/personal-access-tokens") => Some(make_token(world, request)),
        _ => None,
    }
}

fn sign_in(world: &mut World, request: &Recorded) -> Answer {
    let body = request.json().unwrap_or_default();
    let known = world.knobs.users.iter().find(|user| body["name"] == user.name.as_str());
    let Some(user) = known.filter(|user| body["password"] == user.password.as_str()) else {
        return access::unauthorized();
    };
    let name = user.name.clone();
    let token = format!("jwt-{}", Uuid::new_v4().simple());
    world.sessions.insert(token.clone(), name);
    let expire = world.printed(world.now() + delta(SESSION));
    let cookie = format!("jwt={token}; Path=/; Max-Age={}", SESSION.as_secs());
    Answer::new(200).json(&json!({"token": token, "expire": expire})).header("set-cookie", cookie)
}

fn make_token(world: &mut World, request: &Recorded) -> Answer {
    if let Err(refusal) = access::check_session(world, request) {
        return refusal;
    }
    let body = request.json().unwrap_or_default();
    match Wish::parse(&body) {
        Ok(wish) => {
            // 36 characters of text become 48.
            let value = URL_SAFE.encode(Uuid::new_v4().to_string());
            let answer = wish.answer(world, &value);
            let scopes: Vec<&str> = wish.scopes.iter().map(String::as_str).collect();
            world.tokens.push(Token::active(&value).expires(wish.expires_at).scopes(&scopes));
            answer
        }
        Err(field) => invalid(&format!(
            "Key: 'CreatePersonalAccessTokenRequest.{field}' Error:Field validation for '{field}' failed on the 'required' tag"
        )),
    }
}

/// The token that was asked for.
struct Wish {
    name: String,
    scopes: Vec<String>,
    expires_at: DateTime<Utc>,
    user_id: u64,
}

impl Wish {
    fn parse(body: &Value) -> Result<Self, &'static str> {
        let scopes = body["scopes"].as_array().ok_or("Scopes")?;
        let time = body["expired_at"].as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        Ok(Self {
            name: body["name"].as_str().ok_or("Name")?.to_owned(),
            scopes: scopes.iter().filter_map(|scope| scope.as_str().map(str::to_owned)).collect(),
            expires_at: time.ok_or("ExpiredAt")?.to_utc(),
            user_id: body["user_id"].as_u64().ok_or("UserID")?,
        })
    }

    fn answer(&self, world: &World, value: &str) -> Answer {
        let now = world.printed(world.now());
        Answer::new(200).json(&json!({
            "id": world.tokens.len() + 1, "created_at": now, "updated_at": now, "is_del": 0,
            "name": self.name, "bio": "", "token": value, "scopes": self.scopes, "state": "active",
            "expired_at": self.expires_at.to_rfc3339(), "user_id": self.user_id,
        }))
    }
}

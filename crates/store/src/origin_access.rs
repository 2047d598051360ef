//! How a user's access to an origin lies in the database: the one place where it turns into text and back.

use std::collections::BTreeMap;

use forewarm_domain::Secret;
use forewarm_domain::options::OriginAccess;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct Stored {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

pub(crate) fn to_json(access: &OriginAccess) -> Value {
    let stored = Stored {
        headers: access
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), value.expose().to_owned()))
            .collect(),
        username: access.username.clone(),
        password: access.password.as_ref().map(|password| password.expose().to_owned()),
    };
    serde_json::to_value(stored).unwrap_or_default()
}

/// An unreadable value opens nothing: the engine will be refused and say so.
pub(crate) fn from_json(value: Value) -> OriginAccess {
    let stored: Stored = serde_json::from_value(value).unwrap_or_default();
    OriginAccess {
        headers: stored.headers.into_iter().map(|(name, value)| (name, Secret::new(value))).collect(),
        username: stored.username,
        password: stored.password.map(Secret::new),
    }
}

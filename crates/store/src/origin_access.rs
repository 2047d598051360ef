//! How a user's access to an origin lies in the database: the one place where it turns into JSON and back. The values
//! of headers and the password are encrypted one by one.

use std::collections::BTreeMap;

use forewarm_domain::options::OriginAccess;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::StoreError;
use crate::keyring::{Keyring, Place};

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

/// `stored` is what lies there now; what is the same stays as it is.
pub(crate) fn to_json(
    keys: &Keyring,
    (table, row): (&'static str, i64),
    access: &OriginAccess,
    stored: Option<Value>,
) -> Result<Value, StoreError> {
    let place = Place::new(table, row, "origin_access");
    let old = stored.map(read).unwrap_or_default();
    let mut new = Stored { username: access.username.clone(), ..Stored::default() };
    for (name, value) in &access.headers {
        let value = keys.keep(place.part(name), old.headers.get(name).map(String::as_str), value)?;
        new.headers.insert(name.clone(), value);
    }
    if let Some(password) = &access.password {
        // A header name has no blank, so no header lies in the same place.
        new.password = Some(keys.keep(place.part(PASSWORD), old.password.as_deref(), password)?);
    }
    Ok(serde_json::to_value(new).unwrap_or_default())
}

pub(crate) fn from_json(keys: &Keyring, (table, row): (&'static str, i64), value: Value) -> OriginAccess {
    let place = Place::new(table, row, "origin_access");
    let stored = read(value);
    let open = |(name, value): (String, String)| {
        let secret = keys.open(place.part(&name), &value);
        (name, secret)
    };
    OriginAccess {
        headers: stored.headers.into_iter().map(open).collect(),
        username: stored.username,
        password: stored.password.map(|password| keys.open(place.part(PASSWORD), &password)),
    }
}

/// Hands the place and the text of every secret in the column to `change`.
pub(crate) fn each(
    place: Place<'_>,
    value: &mut Value,
    change: &mut dyn FnMut(Place<'_>, &mut String) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut stored = read(value.clone());
    for (name, text) in &mut stored.headers {
        change(place.part(name), text)?;
    }
    if let Some(text) = &mut stored.password {
        change(place.part(PASSWORD), text)?;
    }
    *value = serde_json::to_value(stored).unwrap_or_default();
    Ok(())
}

const PASSWORD: &str = "the password";

/// An unreadable value opens nothing: the engine will be refused and say so.
fn read(value: Value) -> Stored {
    serde_json::from_value(value).unwrap_or_default()
}

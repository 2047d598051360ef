//! Access to the origin that a user adds to a preheat: header values and the password go in and never come out.

use std::collections::BTreeMap;

use forewarm_domain::Secret;
use forewarm_domain::options::OriginAccess;
use poem_openapi::Object;
use poem_openapi::types::MaybeUndefined;

/// Extra access to the origin, as far as it may be seen.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct AccessView {
    /// Names of the headers; their values are never shown.
    header_names: Vec<String>,
    username: Option<String>,
    /// Whether a password is stored. It is never shown.
    password_set: bool,
}

/// Extra access to the origin, for the engine. What an update leaves out stays as it is; null clears it.
#[derive(Object, Debug, Default)]
pub struct AccessWrite {
    /// Request headers for the origin.
    #[oai(nullable)]
    headers: MaybeUndefined<BTreeMap<String, String>>,
    #[oai(nullable, validator(max_length = 255))]
    username: MaybeUndefined<String>,
    #[oai(nullable, validator(max_length = 8192))]
    password: MaybeUndefined<String>,
}

impl From<&OriginAccess> for AccessView {
    fn from(access: &OriginAccess) -> Self {
        Self {
            header_names: access.headers.keys().cloned().collect(),
            username: access.username.clone(),
            password_set: access.password.is_some(),
        }
    }
}

impl AccessWrite {
    /// The access that is meant, given the stored one.
    pub fn resolve(&self, stored: &OriginAccess) -> OriginAccess {
        let secrets = |headers: &BTreeMap<String, String>| {
            headers.iter().map(|(name, value)| (name.clone(), Secret::new(value))).collect()
        };
        OriginAccess {
            headers: match &self.headers {
                MaybeUndefined::Undefined => stored.headers.clone(),
                MaybeUndefined::Null => BTreeMap::new(),
                MaybeUndefined::Value(headers) => secrets(headers),
            },
            username: change(&self.username, stored.username.as_ref(), String::clone),
            password: change(&self.password, stored.password.as_ref(), |text| Secret::new(text)),
        }
    }
}

fn change<T: Clone>(
    wish: &MaybeUndefined<String>,
    stored: Option<&T>,
    make: impl Fn(&String) -> T,
) -> Option<T> {
    match wish {
        MaybeUndefined::Undefined => stored.cloned(),
        MaybeUndefined::Null => None,
        MaybeUndefined::Value(text) => Some(make(text)),
    }
}

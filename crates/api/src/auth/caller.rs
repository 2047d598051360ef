//! Who is asking.

use std::net::IpAddr;

use forewarm_domain::access::Rights;
use forewarm_store::Actor;

/// Somebody whose credentials were verified.
#[derive(Debug, Clone)]
pub struct Caller {
    pub kind: Kind,
    /// Name of the user, also of a token's user; of an identity `oidc:` and what the issuer calls it.
    pub name: String,
    /// None for an identity of an issuer.
    pub user_id: Option<i64>,
    pub rights: Rights,
    /// None where there is no connection, as in tests.
    pub address: Option<IpAddr>,
    pub request_id: String,
}

/// What the caller came with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A password.
    User,
    /// An API token, with its name.
    Token(String),
    /// A token of the configured issuer (OpenID Connect).
    Identity,
}

impl Caller {
    /// Who it was, for the audit log.
    pub fn actor(&self) -> Actor {
        let (kind, token) = match &self.kind {
            Kind::User => ("user", None),
            Kind::Token(name) => ("token", Some(name.clone())),
            Kind::Identity => ("identity", None),
        };
        Actor {
            kind,
            name: self.name.clone(),
            token,
            address: self.address.map(|address| address.to_string()),
            request_id: self.request_id.clone(),
        }
    }

    /// Under which name its requests are counted: a user and each of its tokens apart.
    pub fn key(&self) -> String {
        match &self.kind {
            Kind::User => format!("user {}", self.name),
            Kind::Token(token) => format!("token {}/{token}", self.name),
            Kind::Identity => format!("identity {}", self.name),
        }
    }
}

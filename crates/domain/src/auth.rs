//! How Forewarm introduces itself to an engine or a registry.

use crate::Secret;

/// Credentials of one instance or registry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Auth {
    #[default]
    None,
    Basic {
        username: String,
        password: Secret,
    },
    /// `Authorization: Bearer <token>`; Dragonfly's personal access token.
    Bearer {
        token: Secret,
    },
    /// One header of the user's choice, for reverse proxies in front of an engine.
    Header {
        name: String,
        value: Secret,
    },
}

impl Auth {
    /// The word for it in the database and the API.
    pub fn mode(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic { .. } => "basic",
            Self::Bearer { .. } => "bearer",
            Self::Header { .. } => "header",
        }
    }

    /// Password, token or header value.
    pub fn secret(&self) -> Option<&Secret> {
        match self {
            Self::None => None,
            Self::Basic { password, .. } => Some(password),
            Self::Bearer { token } => Some(token),
            Self::Header { value, .. } => Some(value),
        }
    }

    /// Why they cannot be used: their secret is stored, and this process cannot open it.
    pub fn locked(&self) -> Option<&str> {
        Some(self.secret()?.lock()?.reason.as_str())
    }
}

//! Personal access tokens.

use chrono::{DateTime, Utc};

use crate::Answer;

#[derive(Debug, Clone)]
pub struct Token {
    pub value: String,
    pub active: bool,
    pub expires_at: DateTime<Utc>,
    /// `job`, `cluster`; an empty list allows everything.
    pub scopes: Vec<String>,
}

impl Token {
    /// Active for ever, with both scopes.
    pub fn active(value: &str) -> Self {
        Self {
            value: value.to_owned(),
            active: true,
            expires_at: DateTime::<Utc>::MAX_UTC,
            scopes: ["job", "cluster"].map(str::to_owned).into(),
        }
    }

    #[must_use]
    pub fn inactive(self) -> Self {
        Self { active: false, ..self }
    }

    #[must_use]
    pub fn expires(self, expires_at: DateTime<Utc>) -> Self {
        Self { expires_at, ..self }
    }

    #[must_use]
    pub fn scopes(self, scopes: &[&str]) -> Self {
        Self { scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(), ..self }
    }

    /// The refusal for a request that needs `scope`; state, expiry and scope are looked at in this order.
    pub(crate) fn refusal(&self, scope: &str, now: DateTime<Utc>) -> Option<Answer> {
        let text = if !self.active {
            "Token is inactive".to_owned()
        } else if self.expires_at <= now {
            "Token has expired".to_owned()
        } else if !self.scopes.is_empty() && !self.scopes.iter().any(|given| given == scope) {
            format!("Token doesn't have permission to access this resource. Required permission: {scope}")
        } else {
            return None;
        };
        Some(super::routes::message(403, &text))
    }
}

//! Tables `tokens` and `token_projects`: API tokens.

mod read;
mod text;
mod write;

use chrono::{DateTime, Utc};
use forewarm_domain::access::Grant;
use forewarm_domain::token::Token;
use forewarm_domain::user::User;

pub use text::TokenText;

use crate::Store;

/// What is decided about a token when it is made; it is never changed.
#[derive(Debug, Clone)]
pub struct TokenDraft {
    pub user_id: i64,
    pub name: String,
    pub grant: Grant,
    pub expires_at: Option<DateTime<Utc>>,
}

/// What became of a wish to make a token.
#[derive(Debug, Clone)]
pub enum TokenWritten {
    Done(Token),
    NameTaken,
    /// Its user or a project was deleted meanwhile.
    Gone,
}

/// Somebody who came with a token that is neither expired nor revoked.
#[derive(Debug, Clone)]
pub struct Bearer {
    pub token: Token,
    /// Whose token it is; the caller looks whether it is disabled.
    pub user: User,
}

impl Store {
    pub fn tokens(&self) -> Tokens<'_> {
        Tokens { store: self }
    }
}

/// What can be done with tokens.
#[derive(Debug, Clone, Copy)]
pub struct Tokens<'a> {
    pub(crate) store: &'a Store,
}

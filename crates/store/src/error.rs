//! What can go wrong with the database.

use std::sync::Arc;

/// Only what nobody foresaw: an expected outcome (not found, taken, in use) is part of a function's answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the database's schema could not be brought up to date: {0}")]
    Migration(String),
    #[error(
        "no key is loaded to encrypt secrets with: start with --key-file, FOREWARM_KEY_FILE or FOREWARM_KEY"
    )]
    NoKey,
    /// What failed for a group of writes, each of which has it to report.
    #[error(transparent)]
    Together(Arc<StoreError>),
    /// A thread that computes was lost.
    #[error("a computation ended badly: {0}")]
    Computation(String),
    /// A row that this version cannot read.
    #[error("{table} {id}: the stored {column} cannot be read: {reason}")]
    Corrupt { table: &'static str, id: i64, column: &'static str, reason: String },
}

impl StoreError {
    /// Whether the database is away rather than in disagreement with us.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Together(error) => error.is_unavailable(),
            Self::Database(
                sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::Tls(_),
            ) => true,
            // Class 57: shutting down or starting up; 53: out of connections or disk; 08: connection.
            Self::Database(sqlx::Error::Database(error)) => error
                .code()
                .is_some_and(|code| ["57", "53", "08"].iter().any(|class| code.starts_with(class))),
            _ => false,
        }
    }

    /// Whether a unique constraint with this name was broken.
    pub fn is_duplicate(&self, constraint: &str) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.constraint() == Some(constraint))
    }

    /// Whether a row that the statement named is not there (any more).
    pub fn is_missing_reference(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_foreign_key_violation())
    }
}

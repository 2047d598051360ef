//! The registry and the engines that are measured against: a process of their own, so that their load is told apart.
//!
//! The process is told what to do by lines of JSON on its standard input and answers each with one line.

mod content;
mod control;
mod serve;

use serde::{Deserialize, Serialize};

pub use control::Fakes;
pub use serve::serve;

/// Where the fakes listen.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Places {
    pub registry: String,
    /// An engine that answers at once and is done at the first check.
    pub quick: String,
    /// An engine whose jobs go on for hours.
    pub slow: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Command {
    /// Adds `repositories` × `tags` images below a namespace. Answered with `null`.
    Fill { namespace: String, repositories: usize, tags: usize },
    /// Pushes one image. Answered with what the registry tells its subscribers of it.
    Push { repository: String, tag: String },
    /// Forgets which requests came in so far. Answered with `null`.
    Forget,
    /// When jobs were asked of the quick engine, in nanoseconds since 1970.
    Arrivals,
    /// How many jobs the slow engine works on.
    Held,
}

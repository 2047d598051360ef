//! The fake OCI registry: what it serves, whom it lets in, and how it misbehaves.

mod content;
mod lies;
mod listing;
mod reader;
mod tokens;

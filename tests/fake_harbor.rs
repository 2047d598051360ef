//! The fake Harbor: what its API shows, to whom, and what its registry side lets through.

mod accounts;
mod artifacts;
mod lists;
mod pulls;
mod reader;
mod scans;

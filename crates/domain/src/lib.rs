//! The rules of Forewarm: no I/O, no clock, nothing that can block or fail for reasons outside its arguments.

pub mod artifact;
pub mod auth;
pub mod criteria;
pub mod cron;
pub mod delivery;
pub mod digest;
pub mod due;
pub mod event;
pub mod execution;
pub mod filter;
pub mod glob;
pub mod health;
pub mod hint;
pub mod instance;
pub mod invalid;
pub mod job;
pub mod name;
pub mod options;
pub mod platform;
pub mod policy;
pub mod policy_index;
pub mod project;
pub mod registry;
pub mod scope;
pub mod secret;
pub mod severity;
pub mod signature;
pub mod status;
pub mod task;
pub mod task_log;
pub mod trigger;
pub mod url;
pub mod warmth;

pub use invalid::Invalid;
pub use secret::Secret;

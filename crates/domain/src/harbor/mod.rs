//! Harbor's own text forms of policies, instances, queries and times, to and from the words of Forewarm.
//!
//! All facts are those of Harbor 2.16 (goharbor/harbor c50c7ddd). What Harbor stores unchecked and trips over later is
//! refused here when it is read.

pub mod credentials;
pub mod extra_attrs;
pub mod filters;
mod json;
pub mod page;
pub mod query;
pub mod search;
pub mod texts;
pub mod time;
pub mod trigger;

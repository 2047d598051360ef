//! Harbor's own cases, restated (goharbor/harbor c50c7ddd): where Forewarm decides otherwise, a row says so. Here are
//! its globs, names, the status of an execution (`statuses`), whole policies (`enforcer`), and its text forms: filters
//! and extra attributes (`policy_texts`), `triggers`, `credentials`, `q`, `sort` and `Link` (`queries`), and `times`.
//! What filters choose is in `selection`, times of schedules in `cron`, events in `events`, engines in
//! `provider_dragonfly` and `provider_kraken`.

mod credentials;
mod enforcer;
mod globs;
mod names;
mod policy_texts;
mod queries;
mod statuses;
mod times;
mod triggers;

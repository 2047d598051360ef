//! Harbor's own cases, restated (goharbor/harbor c50c7ddd): where Forewarm decides otherwise, a row says so. Filters
//! are in `selection`, times of schedules in `cron`, events in `events`, engines in `provider_dragonfly` and
//! `provider_kraken`.

mod enforcer;
mod globs;
mod names;
mod statuses;

//! The schedules of policies.

mod clocks;
mod complaints;
mod harbor;
mod next;
mod words;

use chrono::{DateTime, Utc};
use forewarm_domain::cron::Cron;

fn cron(text: &str, zone: &str) -> Cron {
    Cron::parse(text, Some(zone)).unwrap_or_else(|wrong| panic!("{text:?} in {zone}: {wrong}"))
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap_or_else(|wrong| panic!("{text}: {wrong}")).to_utc()
}

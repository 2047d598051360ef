//! The minutes and hours of a schedule in plain English.

use super::list::{joined, list, step, values};
use crate::cron::kind::HOUR;

/// So many times of day are still listed one by one.
const FEW: usize = 4;

/// A text, and how the days go with it.
pub(super) enum Times {
    /// Over the whole day: "every 15 minutes".
    Throughout(String),
    /// At times of day: "at 02:00".
    At(String),
    /// Again and again in a part of the day: "every hour from 08:00 to 17:00".
    Within(String),
}

pub(super) fn of(minutes: u64, hours: u64) -> Times {
    let (minutes, all_hours) = (values(minutes), hours == HOUR.all());
    if all_hours {
        return Times::Throughout(throughout(&minutes));
    }
    let hours = values(hours);
    if minutes.len() * hours.len() <= FEW {
        return Times::At(format!("at {}", clocks(&minutes, &hours)));
    }
    match (within(&minutes, &hours), minutes.as_slice()) {
        (Some(every), _) => Times::Within(format!("{every} from {}", from_to(&minutes, &hours))),
        (None, [_]) => Times::At(format!("at {}", clocks(&minutes, &hours))),
        (None, _) => {
            let hours = numbers("hour", &hours);
            Times::At(format!("at {} of {hours}", numbers("minute", &minutes)))
        }
    }
}

fn throughout(minutes: &[u32]) -> String {
    match (whole_hour(minutes), minutes) {
        (Some(every), _) => every,
        (None, [0]) => "every hour".to_owned(),
        _ => format!("at {} of every hour", numbers("minute", minutes)),
    }
}

/// "every 15 minutes", where the steps go on from one hour into the next.
fn whole_hour(minutes: &[u32]) -> Option<String> {
    let step = step(minutes)?;
    let goes_on = minutes.first() == Some(&0) && minutes.last() == Some(&(60 - step));
    goes_on.then(|| every(step, "minute"))
}

/// The steps in a part of the day.
fn within(minutes: &[u32], hours: &[u32]) -> Option<String> {
    match (minutes, hours.len(), step(hours)) {
        ([_], _, Some(hours)) => Some(every(hours, "hour")),
        (_, 1, _) | (_, _, Some(1)) => whole_hour(minutes),
        _ => None,
    }
}

fn every(step: u32, unit: &str) -> String {
    if step == 1 { format!("every {unit}") } else { format!("every {step} {unit}s") }
}

/// "minute 5", "minutes 5 and 20"
fn numbers(unit: &str, values: &[u32]) -> String {
    let plural = if values.len() == 1 { "" } else { "s" };
    format!("{unit}{plural} {}", list(values, |value| value.to_string()))
}

fn clocks(minutes: &[u32], hours: &[u32]) -> String {
    let times = hours.iter().flat_map(|hour| minutes.iter().map(|minute| clock(*hour, *minute)));
    joined(&times.collect::<Vec<_>>())
}

fn from_to(minutes: &[u32], hours: &[u32]) -> String {
    let first = clock(first(hours), first(minutes));
    format!("{first} to {}", clock(last(hours), last(minutes)))
}

fn clock(hour: u32, minute: u32) -> String {
    format!("{hour:02}:{minute:02}")
}

fn first(values: &[u32]) -> u32 {
    values.first().copied().unwrap_or_default()
}

fn last(values: &[u32]) -> u32 {
    values.last().copied().unwrap_or_default()
}

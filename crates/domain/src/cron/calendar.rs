//! The dates and times of day of a schedule, without a zone: what the `cron` crate finds.

use std::str::FromStr;

use chrono::{NaiveDateTime, Utc};
use cron::Schedule;

use super::fields::Fields;
use super::kind::{DAY_OF_MONTH, DAY_OF_WEEK, HOUR, Kind, MINUTE, MONTH};
use crate::Invalid;

/// The schedule in the words of the crate.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    /// Two where either of two days is enough: the crate would want both at once.
    schedules: Vec<Schedule>,
}

impl Calendar {
    /// # Errors
    /// The crate does not take the translation. No text is known that leads to this.
    pub fn new(fields: &Fields) -> Result<Self, Invalid> {
        let days: &[(u64, u64)] = match fields.either_day {
            true => &[(fields.days_of_month, DAY_OF_WEEK.all()), (DAY_OF_MONTH.all(), fields.days_of_week)],
            false => &[(fields.days_of_month, fields.days_of_week)],
        };
        let schedules = days.iter().map(|(of_month, of_week)| translate(fields, *of_month, *of_week));
        Ok(Self { schedules: schedules.collect::<Result<_, _>>()? })
    }

    /// All times after `local`, in order, to the end of the crate's calendar with the year 2100.
    pub fn after(&self, local: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> {
        std::iter::successors(self.next(local), |local| self.next(*local))
    }

    /// UTC, which has no changes of the clocks, stands for "without a zone".
    fn next(&self, local: NaiveDateTime) -> Option<NaiveDateTime> {
        let next = |schedule: &Schedule| schedule.after::<Utc>(&local.and_utc()).next();
        self.schedules.iter().filter_map(next).min().map(|at| at.naive_utc())
    }
}

fn translate(fields: &Fields, days_of_month: u64, days_of_week: u64) -> Result<Schedule, Invalid> {
    let text = [
        "0".to_owned(),
        list(&MINUTE, fields.minutes, 0),
        list(&HOUR, fields.hours, 0),
        list(&DAY_OF_MONTH, days_of_month, 0),
        list(&MONTH, fields.months, 0),
        // The crate counts the days of the week from 1, Sunday.
        list(&DAY_OF_WEEK, days_of_week, 1),
    ]
    .join(" ");
    Schedule::from_str(&text)
        .map_err(|error| Invalid::new("cron", format!("the schedule cannot be used: {error}")))
}

/// The values one by one, each greater by `shift`. A star is kept, as the crate is quicker with it.
fn list(kind: &Kind, bits: u64, shift: u32) -> String {
    if bits == kind.all() {
        return "*".to_owned();
    }
    let values = (kind.min..=kind.max).filter(|value| bits >> value & 1 == 1);
    values.map(|value| (value + shift).to_string()).collect::<Vec<_>>().join(",")
}

//! When a scheduled policy runs: cron in Harbor's grammar, in a time zone.
//!
//! The grammar is that of robfig/cron v3.0.1, which Harbor 2.16 uses: `*`, `?`, lists, ranges, steps and names. Forewarm
//! also takes five fields, `@daily` and its like, and 7 for Sunday; it refuses what can never fire. Where both the day of
//! month and the day of week are restricted, either will do. The `cron` crate finds the next date and time of day on
//! the calendar; it numbers the days of the week otherwise and wants both days at once, so it is given a translation
//! (`calendar.rs`), and it knows no rule for a change of the clocks, so those are ours (`next.rs`).

mod calendar;
mod field;
mod fields;
mod kind;
mod next;
mod piece;
mod words;
mod zone;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::Invalid;
use calendar::Calendar;
use fields::Fields;
use piece::Piece;

/// The longest text of a schedule, in characters. Naming each minute of the hour takes 170.
pub const MAX_LENGTH: usize = 512;

/// A checked schedule in a time zone.
///
/// When the clocks change, a schedule at fixed hours (`30 2 * * *`) still runs once for each of its times: one that is
/// skipped fires at the first instant after the gap, and one that comes twice fires the first time. A schedule that
/// repeats over the hours (`*`, `?` or a step in the field of the hour, as in `*/15 * * * *`) follows the clock on the wall:
/// it fires in every hour that really passes, so not in one that is skipped, and in both that bear the same name.
#[derive(Debug, Clone)]
pub struct Cron {
    zone: Tz,
    fields: Fields,
    calendar: Calendar,
}

impl Cron {
    /// Reads `text`: 5 fields (minute, hour, day of month, month, day of week), 6 with a `0` for the second in front, or one
    /// of `@hourly @daily @midnight @weekly @monthly @yearly @annually`; each may follow a `TZ=` or `CRON_TZ=` prefix.
    /// Without `time_zone`, an IANA name, the prefix's zone counts, and without both UTC.
    ///
    /// # Errors
    /// One complaint about `cron` or `time_zone`, which names the wrong field and its position, counted from 1, and says
    /// what to write instead.
    pub fn parse(text: &str, time_zone: Option<&str>) -> Result<Self, Invalid> {
        check_length(text)?;
        let (prefix, rest) = zone::split(Piece::whole(text))?;
        let zone = zone::choose(prefix, time_zone)?;
        let fields = Fields::parse(rest)?;
        let calendar = Calendar::new(&fields)?;
        Ok(Self { zone, fields, calendar })
    }

    /// The IANA name of the zone that the schedule counts in.
    pub fn time_zone(&self) -> &str {
        self.zone.name()
    }

    /// The first time strictly after `after`, and not before 1970; `None` when the calendar, which ends with the year
    /// 2100, holds no more.
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.fields.repeats {
            next::on_the_wall(&self.calendar, self.zone, after)
        } else {
            next::fixed(&self.calendar, self.zone, after)
        }
    }

    /// The next `n` times after `after`, or fewer where the calendar ends.
    pub fn upcoming(&self, after: DateTime<Utc>, n: usize) -> Vec<DateTime<Utc>> {
        std::iter::successors(self.next_after(after), |at| self.next_after(*at)).take(n).collect()
    }

    /// The schedule in plain English, for example "every day at 02:00 (Europe/Berlin)". UTC is not named.
    pub fn in_words(&self) -> String {
        let words = words::of(&self.fields);
        if self.zone == Tz::UTC { words } else { format!("{words} ({})", self.time_zone()) }
    }
}

fn check_length(text: &str) -> Result<(), Invalid> {
    if text.chars().count() > MAX_LENGTH {
        return Err(Invalid::new(
            "cron",
            format!(
                "the schedule is longer than {MAX_LENGTH} characters; write ranges and steps instead of lists"
            ),
        ));
    }
    Ok(())
}

//! A schedule in plain English.

mod days;
mod list;
mod times;

use super::fields::Fields;
use times::Times;

/// The whole schedule but for its zone, for example "at 08:00 on Monday to Friday".
pub(super) fn of(fields: &Fields) -> String {
    let times = times::of(fields.minutes, fields.hours);
    let days = days::of(fields);
    let months = days::months(fields);
    let text = match (times, days) {
        (Times::Throughout(times), None) => times,
        (Times::At(times), None) => format!("every day {times}"),
        (Times::Within(times), None) => format!("{times}, every day"),
        (Times::Throughout(times) | Times::At(times) | Times::Within(times), Some(days)) => {
            format!("{times} {days}")
        }
    };
    text + &months
}

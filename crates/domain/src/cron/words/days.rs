//! The days and months of a schedule in plain English.

use super::list::{list, values};
use crate::cron::fields::Fields;
use crate::cron::kind::{DAY_OF_MONTH, DAY_OF_WEEK, MONTH};

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// "on Monday to Friday", "on day 1 of the month or on Monday"; nothing where every day will do.
pub(super) fn of(fields: &Fields) -> Option<String> {
    let of_month = (fields.days_of_month != DAY_OF_MONTH.all()).then(|| days_of_month(fields));
    let of_week = (fields.days_of_week != DAY_OF_WEEK.all()).then(|| days_of_week(fields.days_of_week));
    match (of_month, of_week) {
        (Some(of_month), Some(of_week)) => Some(format!("{of_month} or {of_week}")),
        (of_month, of_week) => of_month.or(of_week),
    }
}

/// What is left to say of the months, to be put at the end.
pub(super) fn months(fields: &Fields) -> String {
    if fields.months == MONTH.all() || names_months(fields) {
        return String::new();
    }
    let comma = if fields.either_day { "," } else { "" };
    format!("{comma} in {}", month_names(fields.months))
}

/// The months belong to the day of month, and to nothing else.
fn names_months(fields: &Fields) -> bool {
    fields.days_of_month != DAY_OF_MONTH.all() && !fields.either_day
}

fn days_of_month(fields: &Fields) -> String {
    let days = values(fields.days_of_month);
    let plural = if days.len() == 1 { "" } else { "s" };
    let months = match names_months(fields) && fields.months != MONTH.all() {
        true => month_names(fields.months),
        false => "the month".to_owned(),
    };
    format!("on day{plural} {} of {months}", list(&days, |day| day.to_string()))
}

fn month_names(months: u64) -> String {
    list(&values(months), |month| name(&MONTHS, month - 1))
}

/// Weeks begin on Monday here, but a range may run over the weekend.
fn days_of_week(bits: u64) -> String {
    let from_monday: Vec<u32> = (0..7).filter(|day| bits >> ((day + 1) % 7) & 1 == 1).collect();
    let name = |day| name(&DAYS, day);
    match over_the_weekend(&from_monday) {
        Some((first, last)) => format!("on {} to {}", name(first), name(last)),
        None => format!("on {}", list(&from_monday, name)),
    }
}

/// The ends of a single range of three days or more that holds both Sunday and Monday.
fn over_the_weekend(days: &[u32]) -> Option<(u32, u32)> {
    let mut runs = days.chunk_by(|one, next| next - one == 1);
    match (runs.next()?, runs.next()?, runs.next()) {
        ([0, ..], [first, .., 6] | [first @ 6], None) if days.len() > 2 => {
            Some((*first, *days.iter().take_while(|day| *day < first).last()?))
        }
        _ => None,
    }
}

fn name(names: &[&str], at: u32) -> String {
    names.get(at as usize).copied().unwrap_or_default().to_owned()
}

//! The next instant of a schedule in a zone: what a change of the clocks makes of its local times.
//!
//! The `cron` crate could be asked in a zone itself, but around a change it skips times that fall into the gap, gives
//! times before the one it was asked for, and leaves out the second of two hours with one name.

use chrono::{DateTime, Datelike, MappedLocalTime, NaiveDateTime, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};

use super::calendar::Calendar;

/// After this year the crate's calendar holds nothing, and far beyond it dates overflow.
const LAST_YEAR: i32 = 2100;

/// The next instant of a schedule at fixed hours: each of its local times once.
pub(super) fn fixed(calendar: &Calendar, zone: Tz, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    // First instants follow the order of their local times, so no earlier local time can have a later one.
    calendar.after(local(zone, after)?).filter_map(|time| first_instant(zone, time)).find(|at| *at > after)
}

/// The next instant of a schedule that follows the clock on the wall.
pub(super) fn on_the_wall(calendar: &Calendar, zone: Tz, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let now = local(zone, after)?;
    let forward = calendar.after(now).find_map(|time| instant_after(zone, time, after));
    [forward, repeated(calendar, zone, after, now)].into_iter().flatten().min()
}

/// What the clock shows, or nothing where the calendar has ended. The calendar begins in 1970.
fn local(zone: Tz, after: DateTime<Utc>) -> Option<NaiveDateTime> {
    let after = after.max(DateTime::UNIX_EPOCH);
    (after.year() <= LAST_YEAR).then(|| after.with_timezone(&zone).naive_local())
}

/// When the clock first shows `time`, or has first passed it.
fn first_instant(zone: Tz, time: NaiveDateTime) -> Option<DateTime<Utc>> {
    let at = match zone.from_local_datetime(&time) {
        MappedLocalTime::None => GapInfo::new(&time, &zone)?.end?,
        shown => shown.earliest()?,
    };
    Some(at.to_utc())
}

/// When the clock shows `time` after `after`: in the first of two hours with one name, or in the second.
fn instant_after(zone: Tz, time: NaiveDateTime, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let shown = zone.from_local_datetime(&time);
    [shown.earliest(), shown.latest()].into_iter().flatten().map(|at| at.to_utc()).find(|at| *at > after)
}

/// The first time that comes again once the clocks are set back, if `after` is in the first of the two hours.
fn repeated(
    calendar: &Calendar,
    zone: Tz,
    after: DateTime<Utc>,
    now: NaiveDateTime,
) -> Option<DateTime<Utc>> {
    let shown = zone.from_local_datetime(&now);
    let set_back_by = shown.latest()? - shown.earliest()?;
    if set_back_by.is_zero() {
        return None;
    }
    let mut earlier = calendar.after(now - set_back_by).take_while(|time| *time <= now);
    earlier.find_map(|time| instant_after(zone, time, after))
}

//! When schedules fire, away from changes of the clocks.

use chrono::{DateTime, Utc};
use forewarm_domain::cron::Cron;

use super::{at, cron};

/// After, text, and the five times that robfig/cron v3.0.1 gives.
const ROBFIG: &str = include_str!("../data/robfig_next.tsv");

#[test]
fn the_next_times_are_those_of_robfig() {
    let mut rows = 0;
    for row in ROBFIG.lines() {
        let [after, text, times] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("{row:?}") };
        let expected: Vec<_> = times.split(' ').map(at).collect();
        let schedule = Cron::parse(text, None).unwrap_or_else(|wrong| panic!("{text}: {wrong}"));
        assert_eq!(schedule.upcoming(at(after), 5), expected, "{text} after {after}");
        rows += 1;
    }
    assert_eq!(rows, 87);
}

#[test]
fn where_both_days_are_restricted_either_will_do() {
    let expected = ["2026-12-01T00:00:00Z", "2026-12-07T00:00:00Z", "2026-12-14T00:00:00Z"];
    assert_eq!(cron("0 0 1 * 1", "UTC").upcoming(at("2026-11-30T00:00:00Z"), 3), expected.map(at));
}

#[test]
fn the_next_time_is_strictly_later() {
    let daily = cron("0 2 * * *", "UTC");
    let two = at("2026-11-21T02:00:00Z");
    assert_eq!(daily.next_after(at("2026-11-21T01:59:59.999Z")), Some(two));
    assert_eq!(daily.next_after(two), Some(at("2026-11-22T02:00:00Z")));
    assert_eq!(daily.next_after(at("2026-11-21T02:00:00.001Z")), Some(at("2026-11-22T02:00:00Z")));
}

#[test]
fn a_leap_day_comes_every_four_years_or_eight() {
    let leap = cron("0 0 29 2 *", "UTC");
    let expected = ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"];
    assert_eq!(leap.upcoming(at("2026-11-21T00:00:00Z"), 2), expected.map(at));
}

#[test]
fn the_calendar_ends_with_the_year_2100() {
    let last = at("2100-12-31T00:00:00Z");
    let daily = cron("@daily", "UTC");
    assert_eq!(daily.next_after(at("2100-12-30T12:00:00Z")), Some(last));
    assert_eq!(daily.next_after(last), None);
    assert_eq!(daily.next_after(DateTime::<Utc>::MAX_UTC), None);
    assert_eq!(daily.next_after(DateTime::<Utc>::MIN_UTC), Some(at("1970-01-02T00:00:00Z")));
    assert_eq!(daily.upcoming(at("2100-12-29T12:00:00Z"), usize::MAX).len(), 2);
    assert_eq!(cron("0 0 29 2 *", "UTC").next_after(at("2097-01-01T00:00:00Z")), None);
}

#[test]
fn a_time_zone_may_be_given_beside_the_text_or_in_it() {
    let nine_in_tokyo = Some(at("2026-11-22T00:00:00Z"));
    let after = at("2026-11-21T12:00:00Z");
    for (text, zone) in [
        ("0 9 * * *", Some("Asia/Tokyo")),
        ("TZ=Asia/Tokyo 0 9 * * *", None),
        ("CRON_TZ=Asia/Tokyo 0 0 9 * * *", Some("Asia/Tokyo")),
    ] {
        let schedule = Cron::parse(text, zone).unwrap();
        assert_eq!(schedule.time_zone(), "Asia/Tokyo");
        assert_eq!(schedule.next_after(after), nine_in_tokyo, "{text}");
    }
    assert_eq!(Cron::parse("0 9 * * *", None).unwrap().time_zone(), "UTC");
}

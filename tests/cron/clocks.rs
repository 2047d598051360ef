//! When schedules fire around changes of the clocks.

use super::{at, cron};

/// Berlin 2027-03-28: 02:00 +01:00 becomes 03:00 +02:00.
#[test]
fn a_fixed_time_that_is_skipped_fires_at_the_first_instant_after_the_gap() {
    fires(
        "30 2 * * *",
        "Europe/Berlin",
        "2027-03-27T00:00:00+01:00",
        &["2027-03-27T02:30:00+01:00", "2027-03-28T03:00:00+02:00", "2027-03-29T02:30:00+02:00"],
    );
    // Monthly by date: not put off by a month.
    fires(
        "30 2 28 3 *",
        "Europe/Berlin",
        "2027-01-01T00:00:00+01:00",
        &["2027-03-28T03:00:00+02:00", "2028-03-28T02:30:00+02:00"],
    );
    // New York 2027-03-14: 02:00 -05:00 becomes 03:00 -04:00.
    fires(
        "30 2 * * *",
        "America/New_York",
        "2027-03-13T12:00:00-05:00",
        &["2027-03-14T03:00:00-04:00", "2027-03-15T02:30:00-04:00"],
    );
    // Lord Howe 2027-10-03: 02:00 +10:30 becomes 02:30 +11:00.
    fires(
        "15 2 * * *",
        "Australia/Lord_Howe",
        "2027-10-02T12:00:00+10:30",
        &["2027-10-03T02:30:00+11:00", "2027-10-04T02:15:00+11:00"],
    );
}

#[test]
fn several_fixed_times_in_one_gap_fire_once() {
    fires(
        "0,20,40 2,3 * * *",
        "Europe/Berlin",
        "2027-03-28T00:00:00+01:00",
        &[
            "2027-03-28T03:00:00+02:00",
            "2027-03-28T03:20:00+02:00",
            "2027-03-28T03:40:00+02:00",
            "2027-03-29T02:00:00+02:00",
        ],
    );
}

/// Berlin 2027-10-31: 03:00 +02:00 becomes 02:00 +01:00.
#[test]
fn a_fixed_time_that_comes_twice_fires_the_first_time() {
    fires(
        "30 2 * * *",
        "Europe/Berlin",
        "2027-10-30T12:00:00+02:00",
        &["2027-10-31T02:30:00+02:00", "2027-11-01T02:30:00+01:00"],
    );
    // Asked between the two, and after the second.
    for after in ["2027-10-31T02:45:00+02:00", "2027-10-31T02:15:00+01:00", "2027-10-31T02:45:00+01:00"] {
        fires("30 2 * * *", "Europe/Berlin", after, &["2027-11-01T02:30:00+01:00"]);
    }
    // New York 2027-11-07: 02:00 -04:00 becomes 01:00 -05:00.
    fires(
        "0,30 1 * * *",
        "America/New_York",
        "2027-11-06T12:00:00-04:00",
        &["2027-11-07T01:00:00-04:00", "2027-11-07T01:30:00-04:00", "2027-11-08T01:00:00-05:00"],
    );
    // Lord Howe 2027-04-04: 02:00 +11:00 becomes 01:30 +10:30.
    fires(
        "20,45 1 * * *",
        "Australia/Lord_Howe",
        "2027-04-04T00:00:00+11:00",
        &["2027-04-04T01:20:00+11:00", "2027-04-04T01:45:00+11:00", "2027-04-05T01:20:00+10:30"],
    );
}

#[test]
fn a_schedule_that_repeats_fires_in_every_hour_that_passes_when_clocks_go_forward() {
    fires(
        "30 * * * *",
        "Europe/Berlin",
        "2027-03-28T01:00:00+01:00",
        &["2027-03-28T01:30:00+01:00", "2027-03-28T03:30:00+02:00", "2027-03-28T04:30:00+02:00"],
    );
    fires(
        "*/30 * * * *",
        "America/New_York",
        "2027-03-14T01:00:00-05:00",
        &["2027-03-14T01:30:00-05:00", "2027-03-14T03:00:00-04:00", "2027-03-14T03:30:00-04:00"],
    );
    fires(
        "0 */2 * * *",
        "Europe/Berlin",
        "2027-03-27T23:00:00+01:00",
        &["2027-03-28T00:00:00+01:00", "2027-03-28T04:00:00+02:00"],
    );
    fires(
        "*/15 * * * *",
        "Australia/Lord_Howe",
        "2027-10-03T01:30:00+10:30",
        &["2027-10-03T01:45:00+10:30", "2027-10-03T02:30:00+11:00", "2027-10-03T02:45:00+11:00"],
    );
}

#[test]
fn a_schedule_that_repeats_fires_in_both_hours_of_one_name_when_clocks_go_back() {
    fires(
        "30 * * * *",
        "Europe/Berlin",
        "2027-10-31T01:00:00+02:00",
        &[
            "2027-10-31T01:30:00+02:00",
            "2027-10-31T02:30:00+02:00",
            "2027-10-31T02:30:00+01:00",
            "2027-10-31T03:30:00+01:00",
        ],
    );
    fires(
        "*/20 * * * *",
        "America/New_York",
        "2027-11-07T01:30:00-04:00",
        &[
            "2027-11-07T01:40:00-04:00",
            "2027-11-07T01:00:00-05:00",
            "2027-11-07T01:20:00-05:00",
            "2027-11-07T01:40:00-05:00",
            "2027-11-07T02:00:00-05:00",
        ],
    );
    fires(
        "*/15 * * * *",
        "Australia/Lord_Howe",
        "2027-04-04T01:15:00+11:00",
        &[
            "2027-04-04T01:30:00+11:00",
            "2027-04-04T01:45:00+11:00",
            "2027-04-04T01:30:00+10:30",
            "2027-04-04T01:45:00+10:30",
            "2027-04-04T02:00:00+10:30",
        ],
    );
    // A step that leaves a single hour repeats too; asked long before, so that the offset differs in between.
    fires(
        "30 2/22 31 10 *",
        "Europe/Berlin",
        "2027-01-01T00:00:00+01:00",
        &["2027-10-31T02:30:00+02:00", "2027-10-31T02:30:00+01:00", "2028-10-31T02:30:00+01:00"],
    );
}

#[test]
fn every_quarter_of_an_hour_stays_so_through_both_changes_of_a_year() {
    for zone in ["UTC", "Europe/Berlin", "America/New_York"] {
        let times = cron("*/15 * * * *", zone).upcoming(at("2027-01-01T00:00:00Z"), 4 * 24 * 365);
        assert!(times.windows(2).all(|pair| (pair[1] - pair[0]).num_minutes() == 15), "{zone}");
        assert_eq!(times.last(), Some(&at("2028-01-01T00:00:00Z")), "{zone}");
    }
}

#[test]
fn midnight_that_does_not_exist_fires_when_the_day_begins() {
    // Beirut 2027-03-28: 00:00 +02:00 becomes 01:00 +03:00.
    fires(
        "@daily",
        "Asia/Beirut",
        "2027-03-27T12:00:00+02:00",
        &["2027-03-28T01:00:00+03:00", "2027-03-29T00:00:00+03:00"],
    );
}

#[test]
fn in_utc_no_clock_changes() {
    fires("30 2 * * *", "UTC", "2027-03-27T12:00:00Z", &["2027-03-28T02:30:00Z", "2027-03-29T02:30:00Z"]);
    fires("30 1 * * *", "UTC", "2027-10-30T12:00:00Z", &["2027-10-31T01:30:00Z", "2027-11-01T01:30:00Z"]);
}

#[test]
fn a_daily_schedule_fires_once_on_each_day_of_a_year_wherever_it_falls() {
    for zone in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut"] {
        for hour in 0..24 {
            let times = cron(&format!("45 {hour} * * *"), zone).upcoming(at("2027-01-01T00:00:00Z"), 365);
            let last = times.last().unwrap();
            assert!(
                *last > at("2027-12-30T23:59:59Z") && *last <= at("2028-01-01T00:00:00Z"),
                "{hour} {zone}: {last}"
            );
        }
    }
}

#[track_caller]
fn fires(text: &str, zone: &str, after: &str, expected: &[&str]) {
    let times = cron(text, zone).upcoming(at(after), expected.len());
    assert_eq!(
        times,
        expected.iter().map(|time| at(time)).collect::<Vec<_>>(),
        "{text} in {zone} after {after}"
    );
}

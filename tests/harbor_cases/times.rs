//! Times as Harbor writes them.

use chrono::{TimeDelta, TimeZone, Utc};
use forewarm_domain::harbor::time::{milliseconds, seconds};

#[test]
fn a_time_that_has_not_come_is_the_first_second_of_year_one() {
    assert_eq!(seconds(None), "0001-01-01T00:00:00Z");
    assert_eq!(milliseconds(None), "0001-01-01T00:00:00.000Z");
}

#[test]
fn executions_tell_seconds_and_policies_milliseconds() {
    let time = Utc.with_ymd_and_hms(2026, 11, 21, 9, 8, 7).unwrap();
    assert_eq!(seconds(Some(time)), "2026-11-21T09:08:07Z");
    assert_eq!(milliseconds(Some(time)), "2026-11-21T09:08:07.000Z");
    let later = time + TimeDelta::microseconds(999_999);
    assert_eq!(seconds(Some(later)), "2026-11-21T09:08:07Z");
    assert_eq!(milliseconds(Some(later)), "2026-11-21T09:08:07.999Z");
}
